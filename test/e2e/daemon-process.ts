// The built daemon as a process of its own, beside whatever else uses the same Docker engine: free ports, a temporary data folder,
// an instance name of its own. Closing it checks that nothing is left on the engine.

import assert from 'node:assert/strict'
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '../fakes/eventually.ts'
import { listContainers } from '../fixtures/engine-list.ts'
import { removeRules } from '../fixtures/host-rules.ts'
import { freePort } from '../fixtures/free-port.ts'

const run = promisify(execFile)
const INSTANCE_LABEL = 'com.sampan.instance'
/** Logs of every daemon that a test started; kept, so that a failure can be read. */
const LOG_FOLDER = resolve('.build/test-logs/daemons')

/** A deploy body; see `FunctionDeployment` of the wire contract. */
export interface Deployment {
  readonly service: string
  readonly image: string
  readonly envProcess?: string
  readonly envVars?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly readOnlyRootFilesystem?: boolean
  readonly namespace?: string
  readonly secrets?: readonly string[]
  readonly limits?: { readonly memory?: string; readonly cpu?: string }
}

export type Environment = Readonly<Record<string, string>>

/** How the process is started. */
export interface ProcessOptions {
  /** Most descriptors that it may have; unset: as many as this process. */
  readonly descriptors?: number
}

export const MAIN = resolve(import.meta.dirname, '../../src/main.js')

export class DaemonProcess {
  readonly instance = `e2e-${randomBytes(4).toString('hex')}`
  readonly url: string
  readonly metricsUrl: string
  readonly dataDir: string
  /** Where the secrets of running functions lie. */
  readonly runtimeDir: string
  readonly #env: Environment
  readonly #command: readonly [string, ...string[]]
  #process: ChildProcess | null = null

  private constructor(
    [dataDir, runtimeDir]: readonly [string, string],
    ports: readonly [number, number],
    { env, descriptors }: ProcessOptions & { readonly env: Environment },
  ) {
    this.url = `http://127.0.0.1:${ports[0]}`
    this.metricsUrl = `http://127.0.0.1:${ports[1]}`
    this.dataDir = dataDir
    this.runtimeDir = runtimeDir
    this.#env = {
      PATH: process.env['PATH'] ?? '',
      SAMPAN_LISTEN: `127.0.0.1:${ports[0]}`,
      SAMPAN_METRICS_LISTEN: `127.0.0.1:${ports[1]}`,
      // Tests of the web page give it a port.
      SAMPAN_UI_LISTEN: 'off',
      SAMPAN_DATA_DIR: dataDir,
      SAMPAN_RUNTIME_DIR: runtimeDir,
      SAMPAN_INSTANCE: this.instance,
      SAMPAN_WATCHDOG_DIR: resolve('dist/watchdog'),
      // Tests of the queue switch it on: a server for each daemon costs the others time.
      SAMPAN_ASYNC: 'off',
      ...env,
    }
    this.#command =
      descriptors === undefined
        ? [process.execPath, MAIN]
        : ['sh', '-c', `ulimit -n ${descriptors} && exec "$0" "$1"`, process.execPath, MAIN]
  }

  /**
   * Resolves when /healthz answers 200. With `SAMPAN_LISTEN` of its own it must answer at 127.0.0.1 as well.
   */
  static async start(env: Environment = {}, options: ProcessOptions = {}): Promise<DaemonProcess> {
    const folders = [
      env['SAMPAN_DATA_DIR'] ?? (await temporary(tmpdir())),
      await temporary('/dev/shm'),
    ] as const
    const given = /:(\d+)$/.exec(env['SAMPAN_LISTEN'] ?? '')?.[1]
    const port = given === undefined ? await freePort() : Number(given)
    const daemon = new DaemonProcess(folders, [port, await freePort()], { ...options, env })
    await daemon.launch()
    try {
      await daemon.whenHealthy()
    } catch (error) {
      await daemon.#abandon()
      throw error
    }
    return daemon
  }

  /** Runs a daemon that cannot start; answers its exit status and all that it printed. */
  static async fail(env: Environment): Promise<{ readonly status: number | null; readonly printed: string }> {
    const failing = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], ...env } })
    let printed = ''
    for (const stream of [failing.stdout, failing.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => (printed += part))
    const [status] = (await once(failing, 'close')) as [number | null]
    return { status, printed }
  }

  /** What it has logged so far, over all its starts. */
  log(): Promise<string> {
    return readFile(join(LOG_FOLDER, `${this.instance}.log`), 'utf8')
  }

  get #label(): string {
    return `${INSTANCE_LABEL}=${this.instance}`
  }

  /** What it is started with. */
  get environment(): Environment {
    return this.#env
  }

  get pid(): number {
    assert.ok(this.#process?.pid, 'the daemon does not run')
    return this.#process.pid
  }

  /** Starts the process again, on the same ports and data, without waiting for it; `change` to its settings counts for this start. */
  async launch(change: Environment = {}): Promise<void> {
    assert.equal(this.#process, null, 'the daemon runs already')
    await mkdir(LOG_FOLDER, { recursive: true })
    const log = createWriteStream(join(LOG_FOLDER, `${this.instance}.log`), { flags: 'a' })
    await once(log, 'open')
    const [program, ...words] = this.#command
    this.#process = spawn(program, words, {
      env: { ...this.#env, ...change },
      stdio: ['ignore', log, log],
    })
    log.close()
  }

  whenHealthy(timeoutMs = 20_000): Promise<void> {
    return eventually(
      async () => {
        assert.equal(
          this.#process?.exitCode,
          null,
          `the daemon ended; see .build/test-logs/daemons/${this.instance}.log`,
        )
        return (await fetch(`${this.url}/healthz`)).status === 200
      },
      timeoutMs,
      `${this.url}/healthz answers 200`,
    )
  }

  /** Sends `signal` and does not wait; `end` still tells how the process ended. */
  signal(signal: 'SIGTERM'): void {
    assert.ok(this.#process?.kill(signal), 'the daemon does not run')
  }

  /** Resolves with its exit status when the process has ended by itself. It can be launched again then. */
  async ended(): Promise<number | null> {
    const running = this.#process
    assert.ok(running, 'the daemon does not run')
    if (running.exitCode === null) await once(running, 'exit')
    this.#process = null
    return running.exitCode
  }

  /** Ends the process with `signal`; answers its exit status, null after SIGKILL. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const running = this.#process
    assert.ok(running, 'the daemon does not run')
    this.#process = null
    if (running.exitCode !== null) return running.exitCode
    const exited = once(running, 'exit') as Promise<[number | null]>
    running.kill(signal)
    return (await exited)[0]
  }

  /** The administrator's credentials, as the value of an Authorization header. */
  async authorization(): Promise<string> {
    const password = await readFile(join(this.dataDir, 'basic-auth-password'), 'utf8')
    return `Basic ${Buffer.from(`admin:${password.trim()}`).toString('base64')}`
  }

  /** One call of the control API, with the administrator's credentials. */
  async api(method: string, path: string, body?: unknown): Promise<Response> {
    const headers = { authorization: await this.authorization(), 'content-type': 'application/json' }
    return fetch(this.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  /** The same, for a call that must succeed. */
  async must(method: string, path: string, body?: unknown): Promise<void> {
    const answer = await this.api(method, path, body)
    const text = await answer.text()
    assert.ok(answer.ok, `${method} ${path} was answered with ${answer.status}: ${text}`)
  }

  deploy(deployment: Deployment): Promise<void> {
    return this.must('POST', '/system/functions', deployment)
  }

  remove(functionName: string, namespace = ''): Promise<void> {
    return this.must('DELETE', '/system/functions', { functionName, namespace })
  }

  /** Calls a function: `call('fn/status/418?x=1', { method: 'POST' })`. */
  call(path: string, init?: RequestInit): Promise<Response> {
    return fetch(`${this.url}/function/${path}`, { redirect: 'manual', ...init })
  }

  /** Ids of this instance's containers, sorted; those that run, or all. */
  async containers(which: 'running' | 'all' = 'all'): Promise<readonly string[]> {
    return await listContainers({ labels: [this.#label], all: which === 'all' })
  }

  /** Ids of the running containers of one function; its namespace is the default unless given. */
  async containersOf(name: string, namespace = 'openfaas-fn'): Promise<readonly string[]> {
    const labels = [`com.sampan.function=${name}`, `com.sampan.namespace=${namespace}`]
    return await listContainers({ labels: [this.#label, ...labels] })
  }

  /**
   * Removes the functions through the API, checks that their containers go, ends the daemon and checks that it ends well.
   * Whatever happens, nothing of this instance stays on the engine.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#process === null) await this.launch()
      await this.whenHealthy()
      await this.removeAll()
      assert.equal(await this.end('SIGTERM'), 0, 'the daemon ends with status 0 on SIGTERM')
    } finally {
      await this.#abandon()
    }
  }

  async #abandon(): Promise<void> {
    if (this.#process !== null) await this.end('SIGKILL')
    await this.#clearEngine()
    await rm(this.dataDir, { recursive: true, force: true })
    await rm(this.runtimeDir, { recursive: true, force: true })
  }

  /** Removes all functions; resolves when their containers are gone. */
  async removeAll(): Promise<void> {
    const namespaces = (await (await this.api('GET', '/system/namespaces')).json()) as string[]
    await Promise.all(namespaces.map((namespace) => this.#removeAllOf(namespace)))
    await eventually(
      async () => (await this.containers()).length === 0,
      40_000,
      'no container of this instance is left',
    )
  }

  async #removeAllOf(namespace: string): Promise<void> {
    const answer = await this.api('GET', `/system/functions?namespace=${namespace}`)
    const listed = (await answer.json()) as { name: string }[]
    await Promise.all(listed.map(({ name }) => this.remove(name, namespace)))
  }

  async #clearEngine(): Promise<void> {
    const containers = await this.containers()
    if (containers.length > 0) await run('docker', ['rm', '-f', ...containers])
    const { stdout } = await run('docker', ['network', 'ls', '-q', '--filter', `label=${this.#label}`])
    const networks = stdout.split('\n').filter(Boolean)
    // The engine lets go of a removed container's endpoint a moment later.
    for (const network of networks) {
      const removed = async (): Promise<boolean> =>
        (await run('docker', ['network', 'rm', network])).stdout !== ''
      await eventually(removed, 10_000, `network ${network} is removed`)
    }
    await removeRules(this.instance)
  }
}

function temporary(parent: string): Promise<string> {
  return mkdtemp(join(parent, 'sampan-e2e-'))
}
