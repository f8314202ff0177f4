import { STATUS_ANNOTATIONS } from '../../wire/status-annotations.ts'
import { withTag } from '../build/image-name.ts'
import type { ListedFunction } from '../functions/functions-client.ts'

/** Added by gateways to what was deployed, with the name of the function. */
const ADDED_LABEL = 'faas_function'

/** A function as it was deployed: without what gateways add when they list it. */
export function asDeployed(fn: ListedFunction): ListedFunction {
  const labels = Object.entries(fn.labels ?? {}).filter(
    ([key, value]) => key !== ADDED_LABEL || value !== fn.name,
  )
  const annotations = Object.entries(fn.annotations ?? {}).filter(([key]) => !STATUS_ANNOTATIONS.has(key))
  return {
    ...fn,
    image: withTag(fn.image),
    labels: Object.fromEntries(labels),
    annotations: Object.fromEntries(annotations),
  }
}
