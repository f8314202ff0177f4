// The nats-server that the daemon starts: one process at a time. When it dies, whoever uses it asks for the
// next
// one (`link.ts`), so that there is one loop that tries again, with one pause between.

import { spawn, type ChildProcess } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deferred, type Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { explainEnd } from './faults.ts'
import { findNatsBinary, judgeVersion, NatsBinaryError, type NatsBinary } from './nats-binary.ts'
import { endOrphan, findOrphans } from './orphans.ts'
import { serverConfig, type SyncInterval } from './server-config.ts'
import { forgetPorts, openServerFolder, writeConfig, type ServerFolder } from './server-files.ts'
import { ServerLog } from './server-log.ts'
import { portsOf, type ServerAddress } from './server-ports.ts'

export interface OwnServerOptions {
  /**
   * The folder of the server, inside the daemon's data folder. One daemon at a time: the caller sees to
   * that.
   */
  readonly folder: string
  readonly serverPath?: string
  /** Where the one that is built with the daemon lies: `dist/nats/nats-server`. */
  readonly builtPath: string
  readonly searchPath: string
  readonly syncInterval: SyncInterval
  readonly maxFileStoreBytes: number
  readonly maxMemoryStoreBytes: number
  readonly maxPayloadBytes: number
}

/** A server that is ready, and how to be let in. */
export interface RunningServer extends ServerAddress {
  readonly user: string
  readonly password: string
  readonly version: string
}

interface Child {
  readonly process: ChildProcess
  readonly log: ServerLog
  /** Resolves when it is gone, with how it ended. */
  readonly ended: Promise<string>
  /** Resolves when it cannot say where it listens, with its words. */
  readonly mute: Promise<string>
  isOver: boolean
}

const USER = 'sampan'
/** Go before functions when memory runs out, but after the daemon (which the service sets to -500). */
const OOM_SCORE = '-400'
/** A store of 10,000 consumers takes half a minute to be read; a Pi is ten times slower. */
const START_LIMIT_MS = 300_000
/** A server that a killed daemon left behind: it was told to end already, by its lifeline. */
const ORPHAN_PATIENCE_MS = 3_000

/** How long a server may take to write down its consumers, one after the other (10 ms each since 2.14). */
export function stopPatienceMs(consumers: number): number {
  return Math.min(20_000, 5_000 + 10 * consumers)
}

export class ServerProcess {
  readonly #options: OwnServerOptions
  readonly #clock: Clock
  readonly #log: Log
  #child: Child | undefined
  #running: RunningServer | undefined

  constructor(options: OwnServerOptions, clock: Clock, log: Log) {
    this.#options = options
    this.#clock = clock
    this.#log = log
  }

  /**
   * The running server; started when there is none. Rejects with a sentence when it does not become ready, or
   * when `signal` aborts. One call at a time.
   */
  async start(signal: AbortSignal): Promise<RunningServer> {
    if (this.#child !== undefined && !this.#child.isOver && this.#running) return this.#running
    await this.stop(0)
    const folder = await openServerFolder(this.#options.folder)
    await this.#endOrphans(folder, signal)
    const binary = await findNatsBinary(this.#options, this.#clock, signal)
    const verdict = judgeVersion(binary.version, binary.path)
    if (verdict.use === 'refused') throw new NatsBinaryError(verdict.reason)

    await forgetPorts(folder)
    await writeConfig(folder, serverConfig({ ...this.#options, ...folder, user: USER }))
    const child = this.#spawn(binary, folder)
    const address = await this.#whenReady(child, folder, signal)
    const { password } = folder
    const { version } = binary
    this.#running = { ...address, user: USER, password, version }
    this.#log.info('nats-server ready', { pid: child.process.pid, version })
    return this.#running
  }

  /** Whether a process of ours runs now. */
  get isRunning(): boolean {
    return this.#child !== undefined && !this.#child.isOver
  }

  /**
   * Ends it and waits: SIGTERM, and SIGKILL when `stopPatienceMs` were not enough. At once when none runs.
   */
  async stop(consumers: number): Promise<void> {
    const child = this.#child
    this.#running = undefined
    if (child === undefined) return
    child.process.kill('SIGTERM')
    const over = new AbortController()
    const late = this.#clock.sleep(stopPatienceMs(consumers), over.signal).then(
      () => {
        this.#log.warn('nats-server killed: it did not end in time', { consumers })
        child.process.kill('SIGKILL')
      },
      () => {},
    )
    await child.ended
    over.abort()
    await late
    if (this.#child === child) this.#child = undefined
  }

  #spawn(binary: NatsBinary, folder: ServerFolder): Child {
    const words: readonly string[] = [...binary.lifeline, binary.path, '-c', folder.configPath]
    const [command = '', ...args] = words
    // A session of its own: Ctrl-C in a terminal is for the daemon, which ends the server when calls have
    // ended.
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {},
      detached: true,
      cwd: '/',
    })
    const mute = deferred<string>()
    const log = new ServerLog(this.#clock, this.#log, (text) => {
      if (text.includes('writing ports file')) mute.resolve(text)
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => log.take(text))
    }
    const ended = new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(error.message))
      child.on('close', (code, by) => resolve(by === null ? `status ${code}` : `signal ${by}`))
    })
    const started: Child = { process: child, log, ended, mute: mute.promise, isOver: false }
    this.#child = started
    void ended.then((how) => this.#over(started, how))
    this.#protect(child)
    return started
  }

  #over(child: Child, how: string): void {
    child.isOver = true
    child.log.end()
    this.#running = undefined
    this.#log.info('nats-server ended', { pid: child.process.pid, how })
  }

  /** Only root, or a service with the right, may; it is a courtesy. */
  #protect(child: ChildProcess): void {
    if (child.pid === undefined) return
    writeFile(join('/proc', String(child.pid), 'oom_score_adj'), OOM_SCORE).catch(() => {})
  }

  async #whenReady(child: Child, folder: ServerFolder, signal: AbortSignal): Promise<ServerAddress> {
    const over = new AbortController()
    const within = AbortSignal.any([signal, over.signal, this.#clock.timeout(START_LIMIT_MS)])
    const { pid } = child.process
    try {
      const ports =
        pid === undefined
          ? new Promise<never>(() => {})
          : portsOf({ folder: folder.portsDir, pid, clock: this.#clock }, within)
      const ended = child.ended.then((how) => {
        throw new Error(explainEnd(how, child.log.complaints))
      })
      return await Promise.race([ports, ended, this.#whenMute(child)])
    } catch (error) {
      await this.stop(0)
      if (signal.aborted || over.signal.aborted || !within.aborted) throw error
      throw new Error(`nats-server was not ready within ${START_LIMIT_MS / 1_000} s; it is started again`, {
        cause: error,
      })
    } finally {
      over.abort()
    }
  }

  /** A disk without a single block left: it runs, and nobody can find it. */
  async #whenMute(child: Child): Promise<never> {
    throw new Error(explainEnd('it could not say where it listens', [await child.mute]))
  }

  async #endOrphans(folder: ServerFolder, signal: AbortSignal): Promise<void> {
    for (const orphan of await findOrphans({ configPath: folder.configPath, folder: folder.path })) {
      this.#log.warn('nats-server of a daemon before is ended', { pid: orphan.pid })
      await endOrphan(orphan, { clock: this.#clock, patienceMs: ORPHAN_PATIENCE_MS }, signal)
    }
  }
}
