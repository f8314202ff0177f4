import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DaemonProcess } from '../test/e2e/daemon-process.ts'
import { testImage } from '../test/fixtures/images.ts'
import { Nginx } from './nginx.ts'
import { childrenOf } from '../test/fixtures/process-usage.ts'
import { freePort } from '../test/fixtures/free-port.ts'

const run = promisify(execFile)

/** What the function is asked for: a short answer, the same through every way. */
export const PATH = '/status/200?body=hello'
/** Where the function's own process listens, behind its watchdog. */
const FUNCTION_PORT = 8082
const WATCHDOG_PORT = 8080

/** The daemon, one function behind our watchdog, and nginx in front of the same function. */
export interface Subject {
  readonly daemon: DaemonProcess
  readonly nginx: Nginx
  readonly watchdogPid: number
  readonly functionPid: number
  /** The ways to the function, by name. */
  readonly ways: Readonly<Record<'function' | 'watchdog' | 'nginx' | 'sampan', Way>>
  stop(): Promise<void>
}

export interface Way {
  readonly url: string
  readonly inNamespaceOf?: number
}

export async function openSubject(): Promise<Subject> {
  const daemon = await DaemonProcess.start({
    SAMPAN_UPSTREAM_TIMEOUT: '10m',
    SAMPAN_WRITE_TIMEOUT: '10m',
    // One replica is measured, whatever the load.
    SAMPAN_AUTOSCALER: 'off',
  })
  try {
    const envVars = { write_timeout: '10m', exec_timeout: '10m' }
    await daemon.deploy({ service: 'subject', image: await testImage('fn-watchdog'), envVars })
    const answer = await daemon.call(`subject${PATH}`)
    if (answer.status !== 200)
      throw new Error(`the function answers ${answer.status}: ${await answer.text()}`)
    const [container = ''] = await daemon.containers('running')
    const { pid, address } = await inspect(container)
    const [functionPid = 0] = await childrenOf(pid)
    const nginx = await Nginx.start(`${address}:${WATCHDOG_PORT}`, await freePort())
    return {
      daemon,
      nginx,
      watchdogPid: pid,
      functionPid,
      ways: {
        function: { url: `http://127.0.0.1:${FUNCTION_PORT}${PATH}`, inNamespaceOf: pid },
        watchdog: { url: `http://127.0.0.1:${WATCHDOG_PORT}${PATH}`, inNamespaceOf: pid },
        nginx: { url: `${nginx.url}${PATH}` },
        sampan: { url: `${daemon.url}/function/subject${PATH}` },
      },
      stop: async () => {
        await nginx.stop()
        await daemon[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await daemon[Symbol.asyncDispose]()
    throw error
  }
}

async function inspect(container: string): Promise<{ readonly pid: number; readonly address: string }> {
  const format = '{{.State.Pid}} {{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
  const { stdout } = await run('docker', ['inspect', '--format', format, container])
  const [pid, address = ''] = stdout.trim().split(' ')
  return { pid: Number(pid), address }
}
