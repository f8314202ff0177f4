import { afterEach } from 'node:test'
import type { Finding } from '../../src/provider/docker/readiness/probe-finding.ts'
import { ReplicaProbes } from '../../src/provider/docker/readiness/replica-probes.ts'
import { type ReplicaChange, ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { deployed, identityOf } from '../fixtures/deployed.ts'
import { FakeClock } from './fake-clock.ts'
import { RecordingLog } from './recording-log.ts'

/** The id decides when in its period a replica is asked first: this one at the very end. */
const LATE_ID = 'ffffffff0123'

export interface RigOptions {
  readonly ageSeconds?: number
  readonly envVars?: Readonly<Record<string, string>>
  readonly id?: string
}

/** One replica that answers as `good` says, by path, and how it is probed. Time stands still. */
export class ProbeRig {
  readonly clock = new FakeClock()
  readonly log = new RecordingLog()
  /** Paths that get a bad answer. */
  readonly bad = new Set<string>()
  badAnswer: Finding = { kind: 'refused' }
  isUnproven = false
  /** The paths asked, with the seconds since the start of the test. */
  readonly asked: (readonly [string, number])[] = []
  readonly failures: string[] = []
  /** How often it was said that waiting hardly helps. */
  stuck = 0
  /** Happens while a question is under way. */
  meanwhile: () => void = () => {}
  /** What the answers wait for. */
  held: Promise<void> | null = null
  readonly #id: string
  readonly #startMs = this.clock.now()
  readonly #table = new ReplicaTable(
    () => this.clock.wall(),
    () => {},
  )
  readonly #probes = new ReplicaProbes({
    table: this.#table,
    readiness: {
      look: ({ probe: { path } }) => {
        this.asked.push([path, (this.clock.now() - this.#startMs) / 1_000])
        this.meanwhile()
        const good = { kind: 'good', isUnproven: this.isUnproven } as const
        const answer = this.bad.has(path) ? this.badAnswer : good
        return this.held === null ? Promise.resolve(answer) : this.held.then(() => answer)
      },
      explain: (_target, finding) =>
        Promise.resolve({
          reason: finding.kind === 'status' ? `status ${finding.status}` : finding.kind,
          isLasting: finding.kind === 'closed',
        }),
    },
    clock: this.clock,
    log: this.log,
    onReady: () => {},
    onStuck: () => (this.stuck += 1),
    onFailed: (_record, reason) => this.failures.push(reason),
  })

  constructor(
    annotations: Readonly<Record<string, string>>,
    { ageSeconds = 0, envVars = {}, id = LATE_ID }: RigOptions = {},
  ) {
    this.#id = id
    const identity = identityOf(deployed({ spec: { annotations, envVars } }))
    const createdAtMs = this.clock.wall() - ageSeconds * 1_000
    this.#table.add(this.#id, identity, { isRunning: true, host: '10.0.0.1', createdAtMs })
    this.begin()
  }

  /** What the freezer does when it has thawed one that was ready. */
  thaw(): void {
    this.change({ state: 'ready', turnedAtMs: this.clock.now() })
    const record = this.#table.get(this.#id)
    if (record !== undefined) this.#probes.resume(record)
  }

  begin(): void {
    this.#probes.begin(this.#id)
  }

  stop(): Promise<void> {
    return this.#probes.stop()
  }

  get state() {
    return this.replica?.state
  }

  get replica() {
    return this.#table.get(this.#id)?.replica
  }

  change(change: ReplicaChange): void {
    this.#table.change(this.#id, change)
  }

  seconds(seconds: number): Promise<void> {
    return this.clock.advance(seconds * 1_000)
  }

  /** When `path` was asked, after `since`. */
  times(path: string, since = 0): readonly number[] {
    return this.asked.flatMap(([asked, at]) => (asked === path && at >= since ? [at] : []))
  }
}

/** For a file of tests: makes rigs, which end with the test that made them. */
export function probeRigs(): (
  annotations: Readonly<Record<string, string>>,
  options?: RigOptions,
) => ProbeRig {
  const rigs: ProbeRig[] = []
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.stop()
  })
  return (annotations, options) => {
    const rig = new ProbeRig(annotations, options)
    rigs.push(rig)
    return rig
  }
}
