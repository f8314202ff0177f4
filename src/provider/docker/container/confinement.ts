import { FaasError } from '../../../core/errors.ts'
import type { FunctionSpec } from '../../../core/functions/function-spec.ts'
import type { EngineAbilities } from '../engine/answers.ts'

/** The operator's settings for every function's container. */
export interface Confinement {
  /** Memory of a function that sets no limit, in bytes; 0: no limit. */
  readonly memoryBytes: number
  /** Bytes that a container may write outside its mounts, if the storage driver can limit it; 0: no limit. */
  readonly diskBytes: number
  /** A seccomp profile as JSON; null: the engine's own. */
  readonly seccomp: string | null
  /** Container runtimes that a deployment may choose. */
  readonly runtimes: readonly string[]
  /** Prefixes of function labels that containers get too; absent: none. */
  readonly labelPrefixes?: readonly string[]
}

/** Assumed abilities until the engine has told its own. */
export const UNKNOWN_ABILITIES: EngineAbilities = {
  isPodman: false,
  limitsMemory: true,
  hasSeccomp: true,
  runtimes: [],
  mayLimitDisk: false,
}

/** Field and setting, for messages. */
export const MEMORY_SETTING = 'SAMPAN_FUNCTION_MEMORY'
const RUNTIME_ANNOTATION = 'com.sampan.runtime'

/**
 * When the host runs out of memory, the kernel kills functions first: the daemon's service has -500, other
 * programs 0.
 */
const OOM_SCORE = 500
/**
 * Docker's default, set explicitly so that a setting of the engine does not change it. It counts as memory of
 * the container.
 */
const SHM_BYTES = 64 * 1024 * 1024

/**
 * The part of HostConfig that protects the host from the function. Pure; throws `invalid`, naming the field.
 */
export function confine(spec: FunctionSpec, confinement: Confinement, abilities: EngineAbilities): object {
  const seccomp = usesProfile(confinement, abilities) ? [`seccomp=${confinement.seccomp}`] : []
  const runtime = runtimeOf(spec, confinement, abilities)
  return {
    SecurityOpt: ['no-new-privileges', ...seccomp],
    OomScoreAdj: OOM_SCORE,
    ShmSize: SHM_BYTES,
    ...(runtime !== '' && { Runtime: runtime }),
    ...(abilities.mayLimitDisk &&
      confinement.diskBytes > 0 && { StorageOpt: { size: String(confinement.diskBytes) } }),
  }
}

/** The memory limit of a function that sets none: never below its reservation. 0 is no limit. */
export function defaultMemory(
  reservedBytes: number,
  { memoryBytes }: Confinement,
  { limitsMemory }: EngineAbilities,
): number {
  return limitsMemory && memoryBytes > 0 ? Math.max(memoryBytes, reservedBytes) : 0
}

/**
 * Why a function was killed for its memory, and what to do about it. `spec` is undefined for a removed
 * function.
 */
export function outOfMemory(spec: FunctionSpec | undefined, { memoryBytes }: Confinement): string {
  const limit = spec?.limits?.memory
  if (limit !== undefined && limit !== '')
    return `it ran out of memory: its limits.memory is ${limit}; deploy it with more, or let it take less`
  if (memoryBytes === 0) return 'it ran out of memory'
  const mib = Math.round(memoryBytes / 1024 / 1024)
  return (
    `it ran out of memory: without limits.memory of its own it has ${mib}Mi (${MEMORY_SETTING}); ` +
    'deploy it with a limit that suits it'
  )
}

/** Settings that this engine cannot apply, one sentence each, for the log. Pure. */
export function unconfined(confinement: Confinement, abilities: EngineAbilities): readonly string[] {
  const missing: string[] = []
  if (!abilities.limitsMemory) {
    missing.push(
      'the memory controller of this kernel is off, so no memory limit holds: ' +
        'add cgroup_enable=memory to its command line (Raspberry Pi: /boot/firmware/cmdline.txt) and restart the host',
    )
  }
  if (confinement.seccomp !== null && abilities.isPodman) {
    missing.push('Podman takes no seccomp profile over its API: its own default applies')
  } else if (confinement.seccomp !== null && !abilities.hasSeccomp) {
    missing.push('this engine has no seccomp: system calls of functions are not filtered')
  }
  const unknown = confinement.runtimes.filter((name) => !knowsRuntime(name, abilities))
  if (unknown.length > 0) {
    missing.push(`SAMPAN_RUNTIMES: this engine does not know ${unknown.join(', ')}`)
  }
  return missing
}

/** Docker fails every start if it cannot apply the profile; Podman takes the profile for a file name. */
function usesProfile({ seccomp }: Confinement, { hasSeccomp, isPodman }: EngineAbilities): boolean {
  return seccomp !== null && hasSeccomp && !isPodman
}

function runtimeOf(
  { annotations }: FunctionSpec,
  { runtimes }: Confinement,
  abilities: EngineAbilities,
): string {
  const name = annotations[RUNTIME_ANNOTATION] ?? ''
  if (name === '') return ''
  const field = `annotations.${RUNTIME_ANNOTATION}: ${JSON.stringify(name.slice(0, 64))}`
  if (!runtimes.includes(name)) {
    const allowed = runtimes.length === 0 ? 'it allows none' : `it allows ${runtimes.join(', ')}`
    throw new FaasError('invalid', `${field} is not in SAMPAN_RUNTIMES: ${allowed}`)
  }
  if (!knowsRuntime(name, abilities)) {
    throw new FaasError(
      'invalid',
      `${field} is not known to the Docker engine, which has ${abilities.runtimes.join(', ')}`,
    )
  }
  return name
}

/**
 * An engine that does not list its runtimes is assumed to have them; the creation of a container will tell.
 */
function knowsRuntime(name: string, { runtimes }: EngineAbilities): boolean {
  return runtimes.length === 0 || runtimes.includes(name)
}
