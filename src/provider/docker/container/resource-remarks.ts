import { FaasError } from '../../../core/errors.ts'
import type { FunctionSpec } from '../../../core/functions/function-spec.ts'
import { LEAST_MEMORY_BYTES } from '../../../core/host-settings.ts'
import { quoted } from '../../../core/quoted.ts'
import { parseMemoryBytes, parseNanoCpus } from '../../../core/functions/resources.ts'

/** From this number on, more cores than the host has are taken to be meant as thousandths. */
const SURELY_MILLICORES = 100
/** The engine's least (Engine API, ContainerCreate). */
export const LEAST_NANO_CPUS = 1e7

/**
 * Throws `invalid` for a number of cores that makes no sense on a host with `hostCpus` cores (0: unknown).
 * Pure.
 */
export function checkCores(spec: FunctionSpec, hostCpus: number): void {
  for (const kind of ['limits', 'requests'] as const) {
    const text = spec[kind]?.cpu ?? ''
    const cores = parseNanoCpus(`${kind}.cpu`, text) / 1e9
    if (hostCpus === 0 || cores <= hostCpus || cores < SURELY_MILLICORES) continue
    throw new FaasError(
      'invalid',
      `${kind}.cpu: ${quoted(text)} is ${cores} cores, and this host has ${hostCpus}: write "${cores}m" for thousandths of a core`,
    )
  }
}

/** What the deployment asks for and does not get exactly, one sentence each. Pure. */
export function resourceRemarks({ limits, requests }: FunctionSpec, hostCpus: number): readonly string[] {
  const cpu = parseNanoCpus('limits.cpu', limits?.cpu ?? '')
  const memory = parseMemoryBytes('limits.memory', limits?.memory ?? '')
  const reserved = parseMemoryBytes('requests.memory', requests?.memory ?? '')
  const remarks: string[] = []
  if (hostCpus > 0 && cpu > hostCpus * 1e9) {
    remarks.push(
      `limits.cpu: ${quoted(limits?.cpu ?? '')} is more than this host has, and becomes ${hostCpus}`,
    )
  }
  if (cpu > 0 && cpu < LEAST_NANO_CPUS) {
    remarks.push(`limits.cpu: ${quoted(limits?.cpu ?? '')} is less than the engine can, and becomes 10m`)
  }
  for (const [field, text, bytes] of [
    ['limits.memory', limits?.memory, memory],
    ['requests.memory', requests?.memory, reserved],
  ] as const) {
    if (bytes > 0 && bytes < LEAST_MEMORY_BYTES) {
      remarks.push(
        `${field}: ${quoted(text ?? '')} is less than the engine can, and becomes ${LEAST_MEMORY_BYTES / 2 ** 20}Mi`,
      )
    }
  }
  if (memory > 0 && reserved > memory) {
    remarks.push(
      `requests.memory: ${quoted(requests?.memory ?? '')} is more than limits.memory, and becomes as much`,
    )
  }
  return remarks
}
