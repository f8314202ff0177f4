import { say, type Session } from '../session.ts'
import { columns } from './columns.ts'
import { goJson } from './go-json.ts'

/** The flags of `OUTPUT` (common-flags). */
export interface OutputFlags {
  readonly json: boolean
  readonly output: string
}

export interface Presented {
  /** As JSON and as YAML. */
  readonly value: unknown
  /** For `--output name`. */
  readonly names: readonly string[]
  readonly heading: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Said instead of a table without rows. */
  readonly none: string
}

/** Shows a list in the form that the flags ask for. */
export async function present(session: Session, flags: OutputFlags, shown: Presented): Promise<void> {
  const { value, names, heading, rows, none } = shown
  if (await presentData(session, flags, value)) return
  if (flags.output === 'name') {
    for (const name of names) say(session, name)
  } else if (rows.length === 0) say(session, none)
  else say(session, columns(heading, rows))
}

/** JSON or YAML where the flags ask for it. False: they do not, and nothing was written. */
export async function presentData(session: Session, flags: OutputFlags, value: unknown): Promise<boolean> {
  if (flags.json || flags.output === 'json') {
    say(session, goJson(value))
    return true
  }
  if (flags.output !== 'yaml') return false
  const { stringify } = await import('yaml')
  session.stdout.write(stringify(value))
  return true
}
