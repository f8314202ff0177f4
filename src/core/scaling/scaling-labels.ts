import { parseDuration } from '../duration.ts'
import { FaasError, messageOf } from '../errors.ts'
import { isDev } from '../functions/dev-mode.ts'
import type { FunctionSpec, StringMap } from '../functions/function-spec.ts'
import { quoted } from '../quoted.ts'
import { replicaBounds, positiveInteger } from './scaling-policy.ts'

/** What a function may be scaled by. */
export const SCALING_TYPES = ['rps', 'capacity', 'cpu', 'queue', 'memory', 'latency'] as const
export type ScalingType = (typeof SCALING_TYPES)[number]

/** What holds where labels say nothing. */
export interface ScalingDefaults {
  /** Most replicas that the provider allows. */
  readonly serverMax: number
  /** Null: what is usual for functions of its kind. The same with `windowMs`. */
  readonly target: number | null
  readonly windowMs: number | null
  /** How long a function scaled to zero keeps its frozen replicas. */
  readonly removeAfterMs: number
}

/** How a function is scaled, from its labels. */
export interface ScalingPolicy {
  /** Null: a rule that this server does not have. */
  readonly type: ScalingType | null
  /** Load per replica, in the unit of the type: calls/s, calls, millicores, jobs, MiB, milliseconds. */
  readonly target: number
  /** The part of `target` that a replica is loaded with. */
  readonly proportion: number
  readonly min: number
  readonly max: number
  /** A count is kept this long after it was last needed. */
  readonly windowMs: number
  /** Time without a call after which it is scaled to zero; null: never. */
  readonly zeroAfterMs: number | null
  /** At zero its replicas are removed at once, and not frozen first. */
  readonly removesAtZero: boolean
  /** How long after that its frozen replicas are removed. */
  readonly removeAfterMs: number
  /** Time without a call after which it is frozen and still counts as running; null: never. */
  readonly freezeAfterMs: number | null
}

/** Most replicas by load without a label `scale.max`, as in OpenFaaS. */
const USUAL_MAX = 20
const USUAL_TARGET = 50
const USUAL_PROPORTION = 0.9
const USUAL_WINDOW_MS = 60_000
/** OpenFaaS's own alert fires above so many calls a second, and ends soon after they do. */
const CLASSIC_TARGET = 5
const CLASSIC_PROPORTION = 1
const CLASSIC_WINDOW_MS = 20_000
const USUAL_ZERO_MS = 15 * 60_000
const LEAST_IDLE_MS = 10_000
const LONGEST_IDLE_MS = 365 * 24 * 3_600_000
const LONGEST_WINDOW_MS = 5 * 60_000
const MOST_TARGET = 1e12

const SCALE = 'com.openfaas.scale'
const TYPE = [`${SCALE}.type`, `${SCALE}.mode`] as const
const TARGET = [`${SCALE}.target`] as const
const PROPORTION = [`${SCALE}.target-proportion`, `${SCALE}.proportion`] as const
/** Who has one of these says what its load is. */
const SIGNAL = [...TYPE, ...TARGET, ...PROPORTION] as const
const WINDOW = [`${SCALE}.down.window`] as const
const ZERO_DURATION = [`${SCALE}.zero-duration`] as const
const FREEZE = [`${SCALE}.freeze`] as const
const ZERO_MODE = [`${SCALE}.zero-mode`] as const
const REMOVE_DURATION = ['com.sampan.scale.remove-duration'] as const
const ZERO = `${SCALE}.zero`
const FACTOR = `${SCALE}.factor`
const MAX = `${SCALE}.max`

/** Labels whose text must be readable. Those of replicas and `scale.zero` may say anything, as upstream. */
const CHECKED: readonly (readonly [labels: readonly string[], read: (text: string) => unknown])[] = [
  [TYPE, readType],
  [TARGET, readTarget],
  [PROPORTION, readProportion],
  [WINDOW, readWindow],
  [ZERO_DURATION, readIdle],
  [FREEZE, readIdle],
  [ZERO_MODE, readZeroMode],
  [REMOVE_DURATION, readIdle],
]

/**
 * The labels of a deployment that are about scaling. Throws `invalid`, naming the label. Blank text counts as
 * no label.
 */
export function checkScalingLabels(labels: StringMap): void {
  for (const [names, read] of CHECKED) {
    for (const name of names) {
      const text = textOf(labels, [name])
      if (text === undefined) continue
      try {
        read(text)
      } catch (error) {
        throw new FaasError('invalid', `labels.${name}: ${messageOf(error)}`)
      }
    }
  }
}

/** The policy of a function. A label that an older release accepted and nobody can read is ignored. */
export function scalingPolicy(labels: StringMap, defaults: ScalingDefaults): ScalingPolicy {
  const read = <T>(names: readonly string[], from: (text: string) => T, otherwise: T): T =>
    readOr(textOf(labels, names), from, otherwise)
  const { min, max } = replicaBounds(labels, defaults.serverMax)
  const isMaxGiven = positiveInteger(labels[MAX]) !== undefined
  const namesSignal = textOf(labels, SIGNAL) !== undefined
  // A file of OpenFaaS before Pro: it has a maximum, and says nothing of what the load is.
  const isClassic = isMaxGiven && !namesSignal
  const isOff = !namesSignal && /^\s*0+\s*$/.test(labels[FACTOR] ?? '')
  return {
    type: isOff ? null : read(TYPE, readType, 'rps'),
    target: read(TARGET, readTarget, defaults.target ?? (isClassic ? CLASSIC_TARGET : USUAL_TARGET)),
    proportion: read(PROPORTION, readProportion, isClassic ? CLASSIC_PROPORTION : USUAL_PROPORTION),
    min,
    max: isMaxGiven ? max : Math.max(min, Math.min(USUAL_MAX, max)),
    windowMs: read(
      WINDOW,
      readWindow,
      defaults.windowMs ?? (isClassic ? CLASSIC_WINDOW_MS : USUAL_WINDOW_MS),
    ),
    zeroAfterMs: mayGoToZero(labels) ? read(ZERO_DURATION, readIdle, USUAL_ZERO_MS) : null,
    removesAtZero: read(ZERO_MODE, readZeroMode, 'freeze') === 'stop',
    removeAfterMs: read(REMOVE_DURATION, readIdle, defaults.removeAfterMs),
    freezeAfterMs: read<number | null>(FREEZE, readIdle, null),
  }
}

/** The same, but one that somebody works on keeps its only replica: it has what is not in its image. */
export function functionPolicy(
  { labels, annotations }: Pick<FunctionSpec, 'labels' | 'annotations'>,
  defaults: ScalingDefaults,
): ScalingPolicy {
  const policy = scalingPolicy(labels, defaults)
  return isDev(annotations) ? { ...policy, min: 1, max: 1, zeroAfterMs: null } : policy
}

/** The opt-in to zero: exactly `true` or `1`. */
export function mayGoToZero(labels: StringMap): boolean {
  const text = labels[ZERO]
  return text === 'true' || text === '1'
}

/** What labels ask for that this server does not have, a sentence each. */
export function scalingRemarks(labels: StringMap): readonly string[] {
  const remarks: string[] = []
  for (const name of TYPE) {
    const text = textOf(labels, [name])
    if (text === undefined || readOr(text, readType, 'rps') !== null) continue
    const known = SCALING_TYPES.join(', ')
    remarks.push(
      `labels.${name}: ${quoted(text)} is none of ${known}: the function is not scaled by its load`,
    )
  }
  const zero = (labels[ZERO] ?? '').trim()
  if (!['', 'true', '1', 'false', '0'].includes(zero))
    remarks.push(`labels.${ZERO}: ${quoted(zero)} is neither true nor false, and counts as false`)
  return remarks
}

/** Scaling is said with labels, as upstream: annotations that look like it would be passed over in silence. */
export function misplacedRemarks(annotations: StringMap): readonly string[] {
  return Object.keys(annotations)
    .filter((name) => name.startsWith(`${SCALE}.`) || name.startsWith('com.sampan.scale.'))
    .map((name) => `annotations.${quoted(name)}: has no effect: scaling is set by labels`)
}

/** The first of these labels that says something. */
function textOf(labels: StringMap, names: readonly string[]): string | undefined {
  return names.map((name) => labels[name]?.trim()).find((text) => text !== undefined && text !== '')
}

function readOr<T>(text: string | undefined, read: (text: string) => T, otherwise: T): T {
  if (text === undefined) return otherwise
  try {
    return read(text)
  } catch {
    return otherwise
  }
}

/** Null for a word that may name a rule of another server. */
function readType(text: string): ScalingType | null {
  if (!/^[a-z][a-z0-9_-]{0,62}$/i.test(text)) throw new Error(`${quoted(text)} is no name of a signal`)
  return SCALING_TYPES.find((type) => type === text.toLowerCase()) ?? null
}

function readTarget(text: string): number {
  const target = numberIn(text)
  if (target > 0 && target <= MOST_TARGET) return target
  throw new Error(`${quoted(text)} must be a number above 0`)
}

function readProportion(text: string): number {
  const proportion = numberIn(text)
  if (proportion > 0 && proportion <= 1) return proportion
  throw new Error(`${quoted(text)} must be a number above 0, at most 1`)
}

function readWindow(text: string): number {
  const ms = parseDuration(text)
  if (ms <= LONGEST_WINDOW_MS) return ms
  throw new Error(`${quoted(text)} must be a duration of at most 5m`)
}

function readIdle(text: string): number {
  const ms = parseDuration(text)
  if (ms >= LEAST_IDLE_MS && ms <= LONGEST_IDLE_MS) return ms
  throw new Error(`${quoted(text)} must be a duration from 10s to 8760h`)
}

function readZeroMode(text: string): 'freeze' | 'stop' {
  if (text === 'freeze' || text === 'stop') return text
  throw new Error(`${quoted(text)} is neither freeze nor stop`)
}

/** NaN for what is no plain decimal number. */
function numberIn(text: string): number {
  return /^\d{1,16}(\.\d{1,16})?$/.test(text) ? Number(text) : NaN
}
