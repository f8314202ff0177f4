import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../src/clock.ts'
import { functionName } from '../../src/core/function-name.ts'
import type { LogLine, LogQuery } from '../../src/core/provider.ts'
import { FunctionLogs } from '../../src/logs/function-logs.ts'
import { LogArchive } from '../../src/logs/archive.ts'
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
  readonly replicas = new FakeReplicaList()
  readonly log = new RecordingLog()
  readonly archive: LogArchive
  readonly logs: FunctionLogs
  readonly #dir: string

  private constructor(dir: string, clock: Clock) {
    this.#dir = dir
    const { engine, replicas, log } = this
    this.archive = new LogArchive({ dir: join(dir, 'logs'), clock, log })
    this.logs = new FunctionLogs({ engine, replicas, archive: this.archive, clock, log })
  }

  static async open(clock: Clock = systemClock): Promise<LogBench> {
    return new LogBench(await mkdtemp(join(tmpdir(), 'logs-')), clock)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.logs.stop()
    await rm(this.#dir, { recursive: true })
  }

  keep(id: string, signal = new AbortController().signal): Promise<readonly string[]> {
    return this.logs.keep(figlet, id, signal)
  }

  async read(query: Partial<LogQuery> = {}): Promise<LogLine[]> {
    const lines: LogLine[] = []
    const { signal } = new AbortController()
    for await (const batch of this.logs.logs({ fn: figlet, follow: false, ...query }, signal))
      lines.push(...batch)
    return lines
  }

  async texts(query: Partial<LogQuery> = {}): Promise<string[]> {
    return (await this.read(query)).map(({ text }) => text)
  }

  follow(query: Partial<LogQuery> = {}): FollowedLines {
    const texts: string[] = []
    const leaving = new AbortController()
    const lines = this.logs.logs({ fn: figlet, follow: true, ...query }, leaving.signal)
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
