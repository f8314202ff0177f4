import { FaasError } from '../../../core/errors.ts'
import { devFolder } from '../../../core/functions/dev-mode.ts'
import type { DeployedFunction, FunctionSpec, StringMap } from '../../../core/functions/function-spec.ts'
import { quoted } from '../../../core/quoted.ts'
import { NAMES_IN_FUNCTIONS } from '../../../core/host-names.ts'
import { LEAST_MEMORY_BYTES } from '../../../core/host-settings.ts'
import { parseMemoryBytes, parseNanoCpus } from '../../../core/functions/resources.ts'
import { type Confinement, confine, defaultMemory } from './confinement.ts'
import { deviceRequests } from './device-requests.ts'
import { type ContainerIdentity, containerLabels } from './labels.ts'
import type { EngineAbilities } from '../engine/answers.ts'
import { envDurationMs } from './env-duration.ts'
import { deployedVariables, mergedEnvironment } from './merged-environment.ts'
import { passedLabels } from './passed-labels.ts'
import { checkProbeAnnotations, planProbes, portOf } from './probe-plan.ts'
import { LEAST_NANO_CPUS } from './resource-remarks.ts'
import { type ImageCommand, planWatchdog, WATCHDOG_PATH, type WatchdogPlan } from './watchdog-injection.ts'

/** A folder or file of the host that a container sees, read-only. */
export interface Mount {
  readonly source: string
  readonly target: string
}

export interface ContainerInput {
  readonly instance: string
  /** They name the registry that it belongs to. */
  readonly ownerLabels: StringMap
  readonly fn: DeployedFunction
  /** Image id, or its name if the id is unknown. */
  readonly imageRef: string
  readonly image: ImageCommand
  readonly network: { readonly name: string; readonly gateway: string }
  /** Our watchdog, on the host, built for the image's architecture. */
  readonly watchdogFile: string
  /** Cores of the host; 0 when unknown. */
  readonly hostCpus: number
  readonly confinement: Confinement
  readonly abilities: EngineAbilities
  /** Mounts of other features: secrets. */
  readonly mounts: readonly Mount[]
}

/** What a container's resources depend on besides its function. */
export type HostLimits = Pick<ContainerInput, 'hostCpus' | 'confinement' | 'abilities'>

const DEFAULT_PIDS = 512
const PIDS_ANNOTATION = 'com.sampan.pids'
const MAX_GRACE_MS = 3_600_000

/**
 * Capabilities with which image entrypoints can change the owner of files, switch to another user, signal
 * their children, and listen on a low port. Left out of Docker's default: raw sockets, device nodes, chroot,
 * audit, file capabilities.
 */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'SETGID', 'SETUID', 'KILL', 'NET_BIND_SERVICE']

/**
 * Translates a FunctionSpec into the body of ContainerCreate. Pure; throws `invalid`, naming the field, for
 * what cannot be created.
 */
export function containerSpec(input: ContainerInput): object {
  const { spec } = input.fn
  const plan = planWatchdog(input.image, spec)
  const identity = containerIdentity(input.fn, input.image)
  return {
    Image: input.imageRef,
    // Our labels win.
    Labels: {
      ...passedLabels(spec, input.confinement.labelPrefixes ?? []),
      ...containerLabels(input.instance, identity),
      ...input.ownerLabels,
    },
    Env: environment(spec, isWatchdogPid1(plan)),
    ...(plan.kind === 'inject' && { Entrypoint: [WATCHDOG_PATH], Cmd: plan.argv }),
    // The image's own check would run a shell in every container every few seconds; readiness is probed from
    // outside.
    Healthcheck: { Test: ['NONE'] },
    StopTimeout: identity.graceSeconds,
    HostConfig: {
      NetworkMode: input.network.name,
      ExtraHosts: NAMES_IN_FUNCTIONS.map((name) => `${name}:${input.network.gateway}`),
      // The reconciler restarts containers itself, with backoff and after it has kept the logs.
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
      CapDrop: ['ALL'],
      CapAdd: CAPABILITIES,
      ...confine(spec, input.confinement, input.abilities),
      PidsLimit: pidsLimit(spec),
      // PID 1 must reap orphans: the watchdog does, other programs seldom do.
      Init: !isWatchdogPid1(plan),
      Mounts: mounts(plan, input).map(({ source, target }) => ({
        Type: 'bind',
        Source: source,
        Target: target,
        ReadOnly: true,
      })),
      ...resources(spec, input),
      ...devices(spec),
      ...(spec.readOnlyRootFilesystem && {
        ReadonlyRootfs: true,
        Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,size=64m,mode=1777' },
      }),
    },
  }
}

/**
 * Throws `invalid`, naming the field, when no container can be created from this spec, whatever its image is.
 * Pure.
 */
export function checkSpec(spec: FunctionSpec, host: HostLimits): void {
  checkProbeAnnotations(spec.annotations)
  environment(spec, false)
  resources(spec, host)
  confine(spec, host.confinement, host.abilities)
  passedLabels(spec, host.confinement.labelPrefixes ?? [])
  devices(spec)
  pidsLimit(spec)
}

/**
 * Throws `invalid`, naming the field, when this image cannot be run as the spec asks. Together with
 * `checkSpec` it covers all that `containerSpec` throws. Pure.
 */
export function checkImage(spec: FunctionSpec, image: ImageCommand): void {
  planWatchdog(image, spec)
  planProbes(spec, image)
}

/** What the labels of the function's next container will say. */
export function containerIdentity(fn: DeployedFunction, image: ImageCommand): ContainerIdentity {
  return {
    fn: fn.spec.name,
    revision: fn.revision,
    deployedAtMs: fn.createdAtMs,
    graceSeconds: graceSeconds(mergedEnvironment(image, fn.spec)),
    port: portOf(fn.spec, image),
    probes: planProbes(fn.spec, image),
    ...(takesChanges(fn.spec, image) && { takesChanges: true }),
  }
}

/** The signal that has it start the handler anew would end a program that does not know it. */
function takesChanges(spec: FunctionSpec, image: ImageCommand): boolean {
  const plan = planWatchdog(image, spec)
  return devFolder(spec.annotations) !== null && plan.kind !== 'untouched' && isWatchdogPid1(plan)
}

function isWatchdogPid1(plan: WatchdogPlan): boolean {
  return plan.kind === 'inject' || plan.isPid1
}

/** Time for the last calls to end after SIGTERM, and a little for the process itself. */
function graceSeconds(env: ReadonlyMap<string, string>): number {
  const ms = envDurationMs(env.get('grace_period')) ?? envDurationMs(env.get('write_timeout')) ?? 30_000
  return Math.ceil(Math.min(ms, MAX_GRACE_MS) / 1_000) + 2
}

function environment(spec: FunctionSpec, hasWatchdog: boolean): string[] {
  const env: Record<string, string> = { ...deployedVariables(spec) }
  // The replica leaves the ready list before it is told to stop, so it need not wait until clients notice
  // (watchdog.md 13.4).
  if (hasWatchdog) {
    env['healthcheck_interval'] ??= '1ms'
    // Then the status reports a typo, and an update with one leaves the previous revision in service.
    env['check_fprocess'] ??= 'true'
  }

  return Object.entries(env).map(([key, value]) => {
    if (key === '' || /[=\0]/.test(key) || value.includes('\0')) {
      throw new FaasError('invalid', `envVars: ${quoted(key)} cannot be an environment variable`)
    }
    return `${key}=${value}`
  })
}

function mounts(plan: WatchdogPlan, input: ContainerInput): readonly Mount[] {
  if (plan.kind === 'untouched') return input.mounts
  const target = plan.kind === 'replace' ? plan.path : WATCHDOG_PATH
  return [{ source: input.watchdogFile, target }, ...input.mounts]
}

function resources(spec: FunctionSpec, { hostCpus, confinement, abilities }: HostLimits): object {
  const given = spec.limits?.memory ?? ''
  const nanoCpus = parseNanoCpus('limits.cpu', spec.limits?.cpu ?? '')
  const reserved = parseMemoryBytes('requests.memory', spec.requests?.memory ?? '')
  const share = parseNanoCpus('requests.cpu', spec.requests?.cpu ?? '')

  // With a limit of 0 the deployment asks for no limit.
  const memory =
    given === '' ? defaultMemory(reserved, confinement, abilities) : parseMemoryBytes('limits.memory', given)
  const limit = memory === 0 ? 0 : Math.max(memory, LEAST_MEMORY_BYTES)
  const reservation = reserved === 0 ? 0 : Math.max(reserved, LEAST_MEMORY_BYTES)
  return {
    // The limit is for memory and swap together: swap would let it take as much again, and wear out the card
    // of a Raspberry Pi.
    ...(limit > 0 && { Memory: limit, MemorySwap: limit }),
    ...(reservation > 0 && { MemoryReservation: limit > 0 ? Math.min(reservation, limit) : reservation }),
    ...(nanoCpus > 0 && { NanoCpus: clampCpus(nanoCpus, hostCpus) }),
    // As Kubernetes does: 1024 shares a core, the kernel's least is 2.
    ...(share > 0 && { CpuShares: Math.min(262_144, Math.max(2, Math.round((share / 1e9) * 1024))) }),
  }
}

function devices(spec: FunctionSpec): object {
  const requests = deviceRequests(spec)
  return requests.length > 0 ? { DeviceRequests: requests } : {}
}

/** Docker takes from 0.01 to as many cores as there are (Engine API, ContainerCreate). */
function clampCpus(nanoCpus: number, hostCpus: number): number {
  const most = hostCpus > 0 ? hostCpus * 1e9 : Number.POSITIVE_INFINITY
  return Math.min(most, Math.max(LEAST_NANO_CPUS, nanoCpus))
}

function pidsLimit(spec: FunctionSpec): number {
  const text = spec.annotations[PIDS_ANNOTATION]
  if (text === undefined || text === '') return DEFAULT_PIDS
  const pids = /^\d{1,7}$/.test(text) ? Number(text) : 0
  if (pids >= 2) return pids
  throw new FaasError(
    'invalid',
    `annotations.${PIDS_ANNOTATION}: ${quoted(text)} must be a whole number from 2`,
  )
}
