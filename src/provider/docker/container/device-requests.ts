import { FaasError } from '../../../core/errors.ts'
import type { FunctionSpec } from '../../../core/functions/function-spec.ts'
import { GPUS, parseGpus } from '../../../core/functions/resources.ts'

/** A request for devices in Docker's form (Engine API, HostConfig.DeviceRequests). */
export interface DeviceRequest {
  readonly Driver: string
  readonly Count: number
  readonly Capabilities: readonly (readonly string[])[]
}

/**
 * Only NVIDIA's runtime supports Docker's device requests. Other GPUs need device files, which a deployment
 * may not ask for.
 */
const GIVEN = 'nvidia.com/gpu'

/**
 * The graphics processors that a function asks for, as a limit or as a request. Pure; throws `invalid`,
 * naming the field.
 */
export function deviceRequests(spec: FunctionSpec): readonly DeviceRequest[] {
  let count = 0
  for (const field of ['limits', 'requests'] as const) {
    const resources = spec[field]
    for (const name of GPUS) {
      const asked = parseGpus(`${field}.${name}`, resources?.[name])
      if (asked > 0 && name !== GIVEN) {
        throw new FaasError('invalid', `${field}.${name}: Docker can only hand out ${GIVEN}`)
      }
      count = Math.max(count, asked)
    }
  }
  return count === 0 ? [] : [{ Driver: 'nvidia', Count: count, Capabilities: [['gpu']] }]
}
