import { isDev } from '../functions/dev-mode.ts'
import type { FunctionSpec, StringMap } from '../functions/function-spec.ts'
import { quoted } from '../quoted.ts'

/** How many replicas a function may have. */
export interface ReplicaBounds {
  /** At least 1: what a deploy begins with and a wake-up raises to. */
  readonly min: number
  readonly max: number
}

/**
 * Bounds from the labels `com.openfaas.scale.min` and `.max`. What is not a positive integer counts as
 * absent, as upstream (http-api, labels). Absent: 1 and `serverMax`. Neither goes above `serverMax`, and max
 * is never below min.
 */
export function replicaBounds(labels: StringMap, serverMax: number): ReplicaBounds {
  const min = Math.min(positiveInteger(labels['com.openfaas.scale.min']) ?? 1, serverMax)
  const max = Math.min(positiveInteger(labels['com.openfaas.scale.max']) ?? serverMax, serverMax)
  return { min, max: Math.max(min, max) }
}

/** The bounds of a function: one that somebody works on has one replica, whatever its labels say. */
export function functionBounds(
  { labels, annotations }: Pick<FunctionSpec, 'labels' | 'annotations'>,
  serverMax: number,
): ReplicaBounds {
  return isDev(annotations) ? { min: 1, max: 1 } : replicaBounds(labels, serverMax)
}

/** What labels ask for that the server does not allow or cannot read, a sentence each. */
export function boundsRemarks(labels: StringMap, serverMax: number): readonly string[] {
  return ['com.openfaas.scale.min', 'com.openfaas.scale.max'].flatMap((label) => {
    const text = labels[label] ?? ''
    const asked = positiveInteger(text)
    if (asked === undefined && text.trim() !== '') {
      return [`labels.${label}: ${quoted(text)} is no whole number above 0, and counts as left out`]
    }
    if (asked === undefined || asked <= serverMax) return []
    return [
      `labels.${label}: ${asked} is more than the ${serverMax} replicas that a function may have, and becomes ${serverMax}`,
    ]
  })
}

/**
 * Replicas after an update: the present count within the new bounds, and at least one so that the update
 * shows.
 */
export function replicasAfterUpdate(current: number, bounds: ReplicaBounds): number {
  return Math.min(bounds.max, Math.max(bounds.min, current))
}

/** Replicas after a request for `wanted`: 0 is allowed, anything above max becomes max. */
export function replicasAfterScale(wanted: number, bounds: ReplicaBounds): number {
  return Math.min(bounds.max, wanted)
}

/**
 * The positive whole number in a label, or undefined. There is no upper limit here: callers have their own.
 */
export function positiveInteger(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\d+\s*$/.test(text)) return undefined
  const value = Math.min(Number(text), Number.MAX_SAFE_INTEGER)
  return value > 0 ? value : undefined
}
