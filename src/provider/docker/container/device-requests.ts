import { FaasError } from '../../../core/errors.ts'
import type { FunctionSpec } from '../../../core/function-spec.ts'

/** A wish for devices as Docker takes it (Engine API, HostConfig.DeviceRequests). */
export interface DeviceRequest {
  readonly Driver: string
  readonly Count: number
  readonly Capabilities: readonly (readonly string[])[]
}

/** Only NVIDIA's runtime answers Docker's device requests; the others want device files, which no deployment may ask for. */
const REFUSED = ['amd.com/gpu', 'intel.com/gpu'] as const

/** The graphics processors that a function asks for, as a limit or as a request. Pure; throws `invalid`, naming the field. */
export function deviceRequests(spec: FunctionSpec): readonly DeviceRequest[] {
  let count = 0
  for (const field of ['limits', 'requests'] as const) {
    const resources = spec[field]
    for (const name of REFUSED) {
      if (Number(resources?.[name] ?? 0) === 0) continue
      throw new FaasError('invalid', `${field}.${name}: Docker can only hand out nvidia.com/gpu`)
    }
    count = Math.max(count, Number(resources?.['nvidia.com/gpu'] ?? 0))
  }
  return count === 0 ? [] : [{ Driver: 'nvidia', Count: count, Capabilities: [['gpu']] }]
}
