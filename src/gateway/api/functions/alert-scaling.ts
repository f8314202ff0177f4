import type { StringMap } from '../../../core/functions/function-spec.ts'
import { positiveInteger } from '../../../core/scaling/scaling-policy.ts'

/**
 * Most replicas without a label `scale.max`, and percent of it per alert without `scale.factor` (http-api
 * 10).
 */
const DEFAULT_MAX = 5
const DEFAULT_FACTOR = 10

/** A factor of 0, or min = max: alerts change nothing. */
export function switchesScalingOff(labels: StringMap): boolean {
  const { min, max } = boundsOf(labels)
  return min === max || factorOf(labels) === 0
}

/**
 * Replicas after one alert, in the classic form of http-api 10: `firing` adds a step up to max, anything else
 * goes back to min. A factor of 0, or min = max, switches scaling off; the end of an alert does not wake a
 * function at zero.
 */
export function replicasAfterAlert(labels: StringMap, current: number, status: string): number {
  if (switchesScalingOff(labels)) return current
  const { min, max } = boundsOf(labels)
  const step = Math.ceil((max * factorOf(labels)) / 100)

  if (status === 'firing') return Math.min(current + step, max)
  return current === 0 ? 0 : min
}

function boundsOf(labels: StringMap): { readonly min: number; readonly max: number } {
  const min = positiveInteger(labels['com.openfaas.scale.min']) ?? 1
  return { min, max: Math.max(min, positiveInteger(labels['com.openfaas.scale.max']) ?? DEFAULT_MAX) }
}

/**
 * Percent of max per alert. Anything above 100 counts as 100: a label must not make a function unreachable.
 */
function factorOf(labels: StringMap): number {
  const text = labels['com.openfaas.scale.factor']
  if (text === undefined || !/^\d+$/.test(text)) return DEFAULT_FACTOR
  return Math.min(100, Number(text))
}
