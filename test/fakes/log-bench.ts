import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../src/clock.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { LogLine, LogQuery } from '../../src/core/provider/log-line.ts'
import { FunctionLogs, KeptLogs } from '../../src/logs/function-logs.ts'
import { logOpener } from '../../src/provider/docker/logs/container-log.ts'
import { FakeLogEngine } from './fake-log-engine.ts'
import { FakeReplicaList } from './fake-replica-list.ts'
import { RecordingLog } from './recording-log.ts'

export const figlet = functionName('figlet')

/** What a follower has got so far. */
export interface FollowedLines {
  readonly texts: readonly string[]
  leave(): Promise<void>
}

/** Logs of `figlet` over a fake engine and a real folder. */
export class LogBench {
  readonly engine = new FakeLogEngine()
  readonly open = logOpener(this.engine)
  readonly replicas = new FakeReplicaList()
  readonly log = new RecordingLog()
  readonly kept: KeptLogs
  readonly logs: FunctionLogs
  readonly #dir: string

  private constructor(dir: string, clock: Clock) {
    this.#dir = dir
    const { open, replicas, log } = this
    this.kept = new KeptLogs({ dataDir: dir, clock, log })
    this.logs = new FunctionLogs({ open, replicas, kept: this.kept, clock, log })
  }

  static async open(clock: Clock = systemClock): Promise<LogBench> {
    return new LogBench(await mkdtemp(join(tmpdir(), 'logs-')), clock)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.logs.stop()
    await rm(this.#dir, { recursive: true })
  }

  keep(id: string, signal = new AbortController().signal): Promise<readonly string[]> {
    return this.kept.keep({ fn: figlet, id }, this.open, signal)
  }

  async read(query: Partial<LogQuery> = {}): Promise<LogLine[]> {
    const lines: LogLine[] = []
    const { signal } = new AbortController()
    for await (const batch of this.logs.read({ fn: figlet, follow: false, ...query }, signal))
      lines.push(...batch)
    return lines
  }

  async texts(query: Partial<LogQuery> = {}): Promise<string[]> {
    return (await this.read(query)).map(({ text }) => text)
  }

  follow(query: Partial<LogQuery> = {}): FollowedLines {
    const texts: string[] = []
    const leaving = new AbortController()
    const lines = this.logs.read({ fn: figlet, follow: true, ...query }, leaving.signal)
    const done = (async () => {
      for await (const batch of lines) texts.push(...batch.map(({ text }) => text))
    })()
    const leave = async () => {
      leaving.abort()
      await done
    }
    return { texts, leave }
  }
}
