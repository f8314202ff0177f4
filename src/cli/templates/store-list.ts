import type { Invocation } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { columns, cutToWidth } from '../output/columns.ts'
import { presentData } from '../output/present.ts'
import { note, say } from '../session.ts'
import type { TEMPLATE_LIST_FLAGS } from '../table/templates.ts'
import { OURS, type StoreTemplate, storeTemplates } from './template-store.ts'

/** `template store list` (cli.md 3.15), with the headings over the columns that they are of. */
export async function run({ flags, session }: Invocation<typeof TEMPLATE_LIST_FLAGS>): Promise<void> {
  const all = await storeTemplates(session, { url: flags.url, isOffline: isOffline(session, flags) })
  const kept = all.filter(
    ({ recommended, official }) =>
      (!flags.recommended || recommended) && (!flags.official || official === 'true'),
  )
  // As in faas-cli the platform chooses what people see, not what scripts get.
  if (await presentData(session, { json: flags.json, output: flags.output }, kept)) return
  const platform = flags.platform.toLowerCase()
  const shown = ordered(
    kept.filter((one) => one.platform === 'any' || one.platform.toLowerCase() === platform),
  )
  if (flags.output === 'name') for (const { template } of shown) say(session, template)
  else if (shown.length === 0) note(session, `No templates for ${flags.platform}.`)
  else
    say(session, cutToWidth(session, flags.verbose || flags.output === 'wide' ? wide(shown) : narrow(shown)))
}

/** What needs no network first; then as faas-cli orders them. */
function ordered(templates: readonly StoreTemplate[]): readonly StoreTemplate[] {
  const rank = ({ source, recommended }: StoreTemplate): number => (source === OURS ? 0 : recommended ? 1 : 2)
  return templates.toSorted(
    (a, b) => rank(a) - rank(b) || compare(a.official, b.official) || compare(a.template, b.template),
  )
}

function narrow(shown: readonly StoreTemplate[]): string {
  return columns(
    ['NAME', 'RECOMMENDED', 'SOURCE', 'DESCRIPTION'],
    shown.map((one) => [one.template, mark(one), one.source, one.description]),
  )
}

function wide(shown: readonly StoreTemplate[]): string {
  return columns(
    ['NAME', 'RECOMMENDED', 'SOURCE', 'DESCRIPTION', 'LANGUAGE', 'PLATFORM'],
    shown.map((one) => [one.template, mark(one), one.source, one.description, one.language, one.platform]),
  )
}

function mark({ recommended }: StoreTemplate): string {
  return recommended ? '[x]' : '[ ]'
}

/** By code units, as Go compares. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
