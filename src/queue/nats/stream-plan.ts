import type { StreamConfig, StreamUpdateConfig } from '@nats-io/jetstream'

/** A stream that must exist before a session does. */
export interface StreamSpec {
  readonly name: string
  readonly subjects: readonly string[]
  /** `workqueue`: a message goes when it was acknowledged. It must discard `new`, and never by age. */
  readonly retention: 'workqueue' | 'limits'
  /** What a full stream does: refuse a new message, or drop the oldest. */
  readonly discard: 'new' | 'old'
  readonly maxBytes: number
  readonly maxMsgs: number
  /** 0: no message is too old. */
  readonly maxAgeMs: number
  readonly maxMsgSize: number
  /** More than 0: -1 is not unlimited on every version. */
  readonly maxConsumers: number
  readonly duplicateWindowMs: number
}

/** What becomes of a stream that exists. */
export interface StreamPlan {
  /** Settings to be changed by an update; empty when all is as it should be. */
  readonly mends: Partial<StreamUpdateConfig> & Partial<Pick<StreamConfig, 'max_consumers'>>
  /** The same as a sentence each, for the log. */
  readonly changes: readonly string[]
  /** What no update mends, or nobody but its owner should: a sentence each. Nothing is changed then. */
  readonly faults: readonly string[]
}

type Settings = Readonly<Record<string, unknown>>

const NANOS = 1_000_000

/** What a stream of ours is made with. What is not named stays at the server's default, which is off. */
export function streamConfig(spec: StreamSpec): Partial<StreamConfig> & { name: string } {
  checkSpec(spec)
  return {
    name: spec.name,
    retention: spec.retention,
    storage: 'file',
    num_replicas: 1,
    ...mendable(spec),
  }
}

/**
 * Compares what is with what should be. Other settings than these, those of a cluster and `_nats.*` of the
 * metadata among them, are the server's affair or its owner's. A job stream that throws messages away is mended
 * on our own server only: elsewhere somebody set it so, and would do it again.
 */
export function planStream(spec: StreamSpec, found: StreamConfig, isOwn: boolean): StreamPlan {
  checkSpec(spec)
  const is = settingsOf(found)
  const mends: Record<string, unknown> = {}
  const changes: string[] = []
  const faults = FIXED.flatMap(([key, text, wanted]) => {
    const value = wanted === 'retention' ? spec.retention : wanted
    return same(is[key], value)
      ? []
      : [faultText(spec.name, `${key} ${show(is[key])}`, `${show(value)}: ${text}`)]
  })
  for (const [key, wanted] of Object.entries(mendable(spec))) {
    if (same(is[key], wanted)) continue
    const lossy = spec.retention === 'workqueue' ? LOSSY[key] : undefined
    if (lossy !== undefined && !isOwn) {
      faults.push(faultText(spec.name, `${key} ${show(is[key])}`, `${show(wanted)}: ${lossy}`))
    }
    mends[key] = wanted
    changes.push(`${key} was ${show(is[key])}, is ${show(wanted)}`)
  }
  return faults.length > 0 ? { mends: {}, changes: [], faults } : { mends, changes, faults }
}

/** What cannot be changed back by an update, why it must be so, and what it must be. */
const FIXED: readonly (readonly [string, string, unknown])[] = [
  ['retention', 'it decides when a message goes', 'retention'],
  ['storage', 'what was accepted must outlive the server', 'file'],
  ['sealed', 'a sealed stream takes no messages', false],
  ['mirror', 'a mirror takes no messages of ours', undefined],
  ['subject_transform', 'messages would be stored under other subjects', undefined],
  ['deny_delete', 'a call could not be cancelled', false],
  ['deny_purge', 'calls of a removed function could not be cancelled', false],
  ['allow_msg_ttl', 'messages would go while they are worked on', false],
  ['allow_msg_schedules', 'a schedule that meets a full stream is lost', false],
  ['persist_mode', 'messages would be answered before they are written', undefined],
]

/** Settings with which a work queue throws jobs away that nobody worked on. */
const LOSSY: Readonly<Record<string, string>> = {
  discard: 'a full queue must refuse calls, not throw accepted ones away',
  max_age: 'accepted calls would go by age',
  max_msgs_per_subject: 'accepted calls would be replaced by newer ones',
}

function mendable(spec: StreamSpec) {
  return {
    subjects: [...spec.subjects],
    discard: spec.discard,
    max_bytes: spec.maxBytes,
    max_msgs: spec.maxMsgs,
    max_msgs_per_subject: -1,
    max_age: spec.maxAgeMs * NANOS,
    max_msg_size: spec.maxMsgSize,
    max_consumers: spec.maxConsumers,
    duplicate_window: spec.duplicateWindowMs * NANOS,
    no_ack: false,
  }
}

function checkSpec({ name, retention, discard, maxAgeMs, maxConsumers }: StreamSpec): void {
  if (maxConsumers <= 0) throw new Error(`stream ${name}: maxConsumers must be said, and be more than 0`)
  if (retention !== 'workqueue') return
  if (discard !== 'new' || maxAgeMs !== 0)
    throw new Error(`stream ${name}: a work queue discards new, and nothing by age`)
}

function faultText(stream: string, is: string, should: string): string {
  return `the stream ${stream} has ${is}, which must be ${should}. Another program made or changed it: set it right, or delete the stream when nothing in it is needed`
}

/** The values by their names on the wire. */
function settingsOf(config: StreamConfig): Settings {
  return Object.fromEntries(Object.entries(config))
}

/** What a server leaves out counts as off; the order of a list has no meaning. */
function same(is: unknown, wanted: unknown): boolean {
  if (is === undefined || is === '' || is === 'default') return wanted === undefined || wanted === false
  return show(is) === show(wanted)
}

function show(value: unknown): string {
  if (value === undefined) return 'unset'
  return JSON.stringify(Array.isArray(value) ? value.map(String).toSorted((a, b) => (a < b ? -1 : 1)) : value)
}
