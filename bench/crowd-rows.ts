import { Agent, get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { functionName, nameOf } from '../src/core/functions/function-name.ts'
import { openRegistry } from '../src/registry/registry.ts'
import { DaemonProcess } from '../test/e2e/daemon-process.ts'
import { RecordingLog } from '../test/fakes/recording-log.ts'
import { testImage } from '../test/fixtures/images.ts'
import { cpuMicros, residentBytes } from '../test/fixtures/process-usage.ts'
import { median, type Row } from './table.ts'

const FUNCTIONS = 1_000
const RUNNING = 10
const SETTLE_MS = 3_000
const IDLE_MS = 10_000
/** Calls of one daemon and of the other in turn, so that what else the machine does meets both. */
const TURNS = 40
const CALLS_A_TURN = 50
const LISTS = 30
const MIB = 1024 ** 2

/** A thousand functions registered, ten of them running, beside a daemon with one (P5). */
export async function crowdRows(): Promise<readonly Row[]> {
  await using one = await DaemonProcess.start()
  await using crowd = await DaemonProcess.start()
  const image = await testImage('fn')
  await one.deploy({ service: 'f-0', image })
  for (let at = 0; at < RUNNING; at += 1) await crowd.deploy({ service: `f-${at}`, image })
  await crowd.end('SIGTERM')
  fill(crowd.dataDir)

  const startMs = await startTime(crowd)
  const listMs = median(await times(LISTS, () => crowd.api('GET', '/system/functions')))
  const ratio = await callRatio(one, crowd)
  await sleep(SETTLE_MS)
  const idle = await idlePercent(crowd)
  const bytes = [await residentBytes(one.pid), await residentBytes(crowd.pid)] as const
  return [
    {
      what: `P5 start to ready, ${FUNCTIONS} functions`,
      measured: `${startMs.toFixed(0)} ms`,
      target: '≤ 3 s',
      reached: startMs <= 3_000,
    },
    {
      what: `P5 list of ${FUNCTIONS} functions`,
      measured: `${listMs.toFixed(1)} ms`,
      target: '≤ 50 ms',
      reached: listMs <= 50,
    },
    {
      what: `P5 call, p50, to that of a daemon with one function`,
      measured: `${ratio.crowdMs.toFixed(3)} to ${ratio.oneMs.toFixed(3)} ms, ${(ratio.crowdMs / ratio.oneMs).toFixed(2)}`,
      target: '≤ 1.1',
      reached: ratio.crowdMs <= 1.1 * ratio.oneMs,
    },
    {
      what: `   resident, ${FUNCTIONS} functions, and one; CPU when idle`,
      measured: `${(bytes[1] / MIB).toFixed(1)} MB, ${(bytes[0] / MIB).toFixed(1)} MB; ${idle.toFixed(2)} % of a core`,
    },
  ]
}

/** Registers sleeping functions, as many as are missing, with the real store: deploying each would start a container. */
function fill(dataDir: string): void {
  const registry = openRegistry(dataDir, new RecordingLog())
  try {
    const [pattern] = registry.functions.all()
    if (pattern === undefined) throw new Error('nothing was deployed')
    for (let at = RUNNING; at < FUNCTIONS; at += 1) {
      const name = functionName(`f-${at}`)
      const labels = { 'com.openfaas.scale.zero': 'true', team: `team-${at % 7}` }
      registry.functions.insert({
        spec: { ...pattern.spec, name, labels },
        body: JSON.stringify({ service: nameOf(name), image: pattern.spec.image, labels }),
        replicas: 0,
        artifact: pattern.artifact,
        nowMs: Date.now(),
      })
    }
  } finally {
    registry.close()
  }
}

/** From the start of the process to its first good answer to a call. */
async function startTime(daemon: DaemonProcess): Promise<number> {
  const beganMs = performance.now()
  await daemon.launch()
  await daemon.whenHealthy()
  await daemon.call('f-3/id')
  return performance.now() - beganMs
}

async function callRatio(
  one: DaemonProcess,
  crowd: DaemonProcess,
): Promise<{ oneMs: number; crowdMs: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  try {
    const found = { one: [] as number[], crowd: [] as number[] }
    for (let turn = 0; turn < TURNS; turn += 1) {
      found.one.push(...(await times(CALLS_A_TURN, () => call(agent, `${one.url}/function/f-0/id`))))
      found.crowd.push(...(await times(CALLS_A_TURN, () => call(agent, `${crowd.url}/function/f-0/id`))))
    }
    return { oneMs: median(found.one), crowdMs: median(found.crowd) }
  } finally {
    agent.destroy()
  }
}

function call(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      response
        .resume()
        .on('end', () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
        )
    }).on('error', reject)
  })
}

async function idlePercent(daemon: DaemonProcess): Promise<number> {
  const before = await cpuMicros(daemon.pid)
  await sleep(IDLE_MS)
  return (((await cpuMicros(daemon.pid)) - before) / (IDLE_MS * 1_000)) * 100
}

async function times(count: number, work: () => Promise<unknown>): Promise<readonly number[]> {
  const found: number[] = []
  for (let at = 0; at < count; at += 1) {
    const beganMs = performance.now()
    const answer = await work()
    if (answer instanceof Response) await answer.arrayBuffer()
    found.push(performance.now() - beganMs)
  }
  return found
}
