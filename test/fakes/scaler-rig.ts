import type { FunctionControl } from '../../src/control/function-control.ts'
import { functionName, type FunctionName } from '../../src/core/functions/function-name.ts'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import type { ScalingEvent } from '../../src/core/scaling/scaling-event.ts'
import { CallMetrics } from '../../src/invoke/call-metrics.ts'
import { Database } from '../../src/registry/database.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
import { Scaler, type ScalerMode } from '../../src/scaler/scaler.ts'
import { deployed } from '../fixtures/deployed.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeProvider } from './fake-provider.ts'
import { makeControl } from './make-control.ts'
import { RecordingLog } from './recording-log.ts'

export interface RigOptions {
  readonly mode?: ScalerMode
  readonly cores?: number
  readonly memoryBytes?: number
  /** What was desired before this start of the daemon. */
  readonly store?: FunctionStore
}

/** The scaler on real desired state, without an engine, in time that a test moves. */
export class ScalerRig {
  readonly clock = new FakeClock()
  readonly provider = new FakeProvider()
  readonly store: FunctionStore
  readonly control: FunctionControl
  readonly log = new RecordingLog()
  readonly backlogs = new Map<FunctionName, number>()
  /** Memory of the host that is available, of 1000. */
  available = 1_000
  readonly scaler: Scaler
  readonly #calls = new Map<FunctionName, CallMetrics>()

  constructor({ mode = 'builtin', cores = 8, memoryBytes = 2 ** 40, store: kept }: RigOptions = {}) {
    this.store = kept ?? new FunctionStore(Database.open(':memory:'))
    this.control = makeControl({ provider: this.provider, store: this.store, clock: this.clock })
    const { control, provider, store, clock, log } = this
    const ports = {
      functions: () => store.all(),
      scale: (fn: FunctionName, replicas: number) => control.scale(fn, replicas),
      rest: (fn: FunctionName) => control.rest(fn),
      wake: (fn: FunctionName) => control.wake(fn),
      replicas: (fn: FunctionName) => provider.replicas(fn),
      condition: (fn: FunctionName) => provider.condition(fn),
      usage: (fn: FunctionName, signal: AbortSignal) => provider.usage(fn, signal),
      calls: (fn: FunctionName) => this.calls(fn),
      backlog: (fn: FunctionName) => this.backlogs.get(fn) ?? 0,
      clock,
      log,
    }
    this.scaler = new Scaler(ports, {
      mode,
      defaults: { serverMax: 20, target: null, windowMs: null, removeAfterMs: 3_600_000 },
      host: { cores, totalBytes: 1_000, availableBytes: () => this.available },
      memoryBytes,
    })
    control.watch(({ kind, fn }) => {
      if (kind === 'removed') this.scaler.removed(fn.spec.name)
      else this.scaler.changed(fn)
    })
  }

  /** `labels` without their beginning. */
  async deploy(
    name: string,
    labels: Readonly<Record<string, string>> = {},
    memory?: string,
  ): Promise<FunctionName> {
    const fn = functionName(name)
    const full = Object.fromEntries(
      Object.entries(labels).map(([label, text]) => [`com.openfaas.scale.${label}`, text]),
    )
    const { spec } = deployed({
      spec: { name: fn, labels: full, ...(memory === undefined ? {} : { limits: { memory } }) },
    })
    await this.control.deploy(spec, '{}')
    return fn
  }

  calls(fn: FunctionName): CallMetrics {
    const calls = this.#calls.get(fn) ?? new CallMetrics(fn)
    this.#calls.set(fn, calls)
    return calls
  }

  /** So many calls a second that take no time, for so many seconds. */
  async load(fn: FunctionName, perSecond: number, seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      for (let call = 0; call < perSecond; call += 1) {
        this.calls(fn).begin()
        this.calls(fn).end(200, 10)
      }
      await this.clock.advance(1_000)
    }
  }

  /** Begins calls that run on; answers what ends them. */
  hold(fn: FunctionName, count: number): () => void {
    for (let call = 0; call < count; call += 1) this.calls(fn).begin()
    return () => {
      for (let call = 0; call < count; call += 1) this.calls(fn).end(200, 10)
    }
  }

  desired(fn: FunctionName): DeployedFunction {
    return this.control.existing(fn)
  }

  count(fn: FunctionName): number {
    return this.desired(fn).replicas
  }

  /** What was told of the function: kind, from, to. */
  told(fn: FunctionName): readonly string[] {
    return this.scaler.events.recent(fn).map(({ kind, from, to }: ScalingEvent) => `${kind} ${from} ${to}`)
  }

  async end(): Promise<void> {
    await this.scaler.stop()
    this.control.stop()
    await this.provider.stop()
  }
}
