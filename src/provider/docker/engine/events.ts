import type { Readable } from 'node:stream'
import { jsonLines } from './json-lines.ts'
import { field } from './untrusted.ts'

/** What happened to one container. */
export interface ContainerEvent {
  /**
   * `kill`: a signal is sent to it, by a stop too. `connect`, `disconnect`: it was put into a network or taken
   * out of one. The engine does not tell which instance the container belongs to.
   */
  readonly kind: 'start' | 'kill' | 'die' | 'oom' | 'destroy' | 'pause' | 'unpause' | 'connect' | 'disconnect'
  readonly id: string
  /** Of `die`; else 0. */
  readonly exitCode: number
}

/** Maps the engine's words to ours. Podman says `died` and `remove` where Docker says `die` and `destroy`. */
const KINDS: Readonly<Record<string, ContainerEvent['kind']>> = {
  start: 'start',
  kill: 'kill',
  die: 'die',
  died: 'die',
  oom: 'oom',
  destroy: 'destroy',
  remove: 'destroy',
  pause: 'pause',
  unpause: 'unpause',
  connect: 'connect',
  disconnect: 'disconnect',
}

/** The events that are asked for. Not filtered by label, because events of networks have none. */
export const EVENT_FILTERS = { type: ['container', 'network'], event: Object.keys(KINDS) } as const

/**
 * The relevant events in a raw stream, of containers with this label. Throws `EngineAway` when the stream
 * breaks off.
 */
export async function* containerEvents(stream: Readable, label: string): AsyncIterable<ContainerEvent> {
  for await (const line of jsonLines(stream)) {
    const event = readEvent(line, label)
    if (event !== null) yield event
  }
}

/** Null for irrelevant events; `label` is `key=value`. Pure. */
export function readEvent(line: unknown, label: string): ContainerEvent | null {
  const actor = field(line, 'Actor')
  const attributes = field(actor, 'Attributes')
  const kind = KINDS[String(field(line, 'Action'))]
  const isOfNetwork = field(line, 'Type') === 'network'
  const id = isOfNetwork ? field(attributes, 'container') : field(actor, 'ID')
  if (kind === undefined || typeof id !== 'string' || id === '') return null
  // Of network events only these two matter.
  if (isOfNetwork !== (kind === 'connect' || kind === 'disconnect')) return null
  const at = label.indexOf('=')
  if (!isOfNetwork && field(attributes, label.slice(0, at)) !== label.slice(at + 1)) return null

  const exitCode = Number(field(attributes, 'exitCode') ?? 0)
  return { kind, id, exitCode: Number.isInteger(exitCode) ? exitCode : 0 }
}
