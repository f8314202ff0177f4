import { deferred, whenAborted, type Deferred } from '../../src/clock.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { Retirement } from '../../src/provider/docker/replicas/retirement.ts'
import { identityOf } from '../fixtures/deployed.ts'
import { eventually } from './eventually.ts'
import { FakeClock } from './fake-clock.ts'
import { RecordingLog } from './recording-log.ts'

export const DRAIN_MS = 60_000

type Step = 'unpause' | 'drain' | 'stop' | 'keep' | 'inspect' | 'remove'

/** One function whose replicas go. Each step is written down when it begins, and can be held back or fail. */
export class RetirementRig {
  readonly clock = new FakeClock()
  readonly log = new RecordingLog()
  readonly steps: string[] = []
  readonly gone: string[] = []
  readonly failures: unknown[] = []
  readonly deaths: number[] = []
  readonly ready: (readonly string[])[] = []
  readonly table = new ReplicaTable(
    () => this.clock.wall(),
    (_fn, ready) => this.ready.push(ready.map(({ id }) => id)),
  )
  readonly #held = new Map<Step, Deferred<void>>()
  readonly #failing = new Map<Step, Error>()
  readonly #details = {
    state: 'exited',
    pid: 0,
    exitCode: 137,
    oomKilled: false,
    error: '',
    addresses: {},
  } as const
  graceSeconds: number | undefined
  /** Last lines that were told. */
  readonly heard: string[] = []
  readonly retirement = new Retirement({
    engine: {
      inspectContainer: async (id) => {
        await this.#take('inspect', id)
        return this.#details
      },
      stopContainer: async (id, graceSeconds) => {
        this.graceSeconds = graceSeconds
        await this.#take('stop', id)
      },
      removeContainer: (id) => this.#take('remove', id),
    },
    halter: { release: (id) => this.#take('unpause', id) },
    table: this.table,
    ledger: {
      inFlight: () => 0,
      whenIdle: (id, signal) => Promise.race([this.#take('drain', id), whenAborted(signal)]),
    },
    clock: this.clock,
    log: this.log,
    drainMs: DRAIN_MS,
    keepLogs: async ({ replica }, signal) => {
      await Promise.race([this.#take('keep', replica.id), whenAborted(signal)])
      return ['the last line']
    },
    onLastLines: ({ replica }, lines) => this.heard.push(`${replica.id}: ${lines.join()}`),
    onGone: (fn) => this.gone.push(fn),
    onFailure: (_fn, error) => this.failures.push(error),
    onDeath: (_record, { exitCode }) => this.deaths.push(exitCode),
  })

  /** A ready replica. */
  add(id: string): void {
    this.table.add(id, identityOf(), { isRunning: true, host: '10.0.0.2' })
    this.table.change(id, { state: 'ready' })
  }

  addDead(id: string): void {
    this.add(id)
    this.table.change(id, { isRunning: false, state: 'gone' })
  }

  hold(...steps: readonly Step[]): void {
    for (const step of steps) this.#held.set(step, deferred())
  }

  letGo(step: Step): void {
    this.#held.get(step)?.resolve()
    this.#held.delete(step)
  }

  fail(step: Step, error: Error): void {
    this.#failing.set(step, error)
  }

  mend(): void {
    this.#failing.clear()
  }

  reached(step: string): Promise<void> {
    return eventually(() => this.steps.includes(step), 10_000, `${step} is reached`)
  }

  async #take(step: Step, id: string): Promise<void> {
    this.steps.push(`${step} ${id}`)
    await this.#held.get(step)?.promise
    const failure = this.#failing.get(step)
    if (failure !== undefined) throw failure
  }
}
