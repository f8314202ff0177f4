import type { Readable } from 'node:stream'
import { jsonLines } from './json-lines.ts'

/** What happened to one of our containers. */
export interface ContainerEvent {
  readonly kind: 'start' | 'die' | 'oom' | 'destroy' | 'pause' | 'unpause'
  readonly id: string
  /** Of `die`; else 0. */
  readonly exitCode: number
}

/** Engine's words to ours. Podman says `died` and `remove` where Docker says `die` and `destroy`. */
const KINDS: Readonly<Record<string, ContainerEvent['kind']>> = {
  start: 'start',
  die: 'die',
  died: 'die',
  oom: 'oom',
  destroy: 'destroy',
  remove: 'destroy',
  pause: 'pause',
  unpause: 'unpause',
}

/** What the engine is asked to send: the one list, so that nothing is handled that never comes. */
export const EVENT_NAMES: readonly string[] = Object.keys(KINDS)

/** The events of a raw stream that we act on. Throws `EngineAway` when the stream breaks off. */
export async function* containerEvents(stream: Readable): AsyncIterable<ContainerEvent> {
  for await (const line of jsonLines(stream)) {
    const event = readEvent(line)
    if (event !== null) yield event
  }
}

/** Null for what does not concern us. Pure. */
export function readEvent(line: unknown): ContainerEvent | null {
  const actor = field(line, 'Actor')
  const kind = KINDS[String(field(line, 'Action'))]
  const id = field(actor, 'ID')
  if (kind === undefined || typeof id !== 'string' || id === '') return null

  const exitCode = Number(field(field(actor, 'Attributes'), 'exitCode') ?? 0)
  return { kind, id, exitCode: Number.isInteger(exitCode) ? exitCode : 0 }
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
