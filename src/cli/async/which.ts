import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'
import type { Parameters } from './async-client.ts'

/** The flags by which calls are chosen, as far as a command has them. */
export interface WhichFlags {
  readonly function?: string
  readonly namespace?: string
  readonly reason?: string
  readonly before?: number
  readonly since?: number
}

/** Parameters for them. Times are given as how long ago. Throws `CliError` for a namespace of no function. */
export function which({ clock }: Session, flags: WhichFlags): Parameters {
  const { function: name = '', namespace = '', reason = '', before = 0, since = 0 } = flags
  if (namespace !== '' && name === '')
    throw new CliError('--namespace is the one of --function, which is missing')
  const ago = (ms: number): string => (ms === 0 ? '' : new Date(clock.wall() - ms).toISOString())
  return { function: name, namespace, reason, before: ago(before), since: ago(since) }
}
