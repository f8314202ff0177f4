import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { openFiles } from '../fixtures/process-usage.ts'
import { behindFirst } from '../fixtures/three-ways.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { Random } from '../integration/random.ts'
import type { Known } from '../openapi/bad-bodies.ts'
import { badRequest, type BadRequest } from '../openapi/bad-requests.ts'
import { fetchDescription, type Description, type Operation } from '../openapi/description.ts'
import { freePort } from '../fixtures/free-port.ts'
import { DaemonProcess } from './daemon-process.ts'
import { inspected, liveHeapBytes } from './heap.ts'

// What the project promises: 10,000 generated bad inputs, and no 5xx, no crash, no state changed, memory back to where it was. Over real
// sockets, to the built daemon on a real engine, for every operation that it describes. Input N depends on the seed and N alone.

const SEED = Number(process.env['SAMPAN_TEST_SEED'] ?? 20_261_126)
const INPUTS = Number(process.env['SAMPAN_TEST_INPUTS'] ?? 10_000)
/** Until then caches, compiled code and pools grow to their size. */
const WARM_UP = Math.floor(INPUTS / 4)
/** Fewer need not come by everything, and the warm-up is too short to tell a leak from what grows to its size. */
const ENOUGH = 10_000
const AT_ONCE = 32
/** The function that is called on purpose. */
const AHEAD = 'ahead'
/** Every other round of inputs stands behind it, and must be answered after it as if it were alone. */
const SLOW_CALL = 'GET /function/ahead/sleep/10ms HTTP/1.1\r\nHost: localhost\r\n\r\n'
/** 7,500 inputs that each left 150 bytes behind would be more. */
const MOST_HEAP_GROWTH = 1 << 20
/** Of what the process holds: the allocator keeps freed pages, so this finds only what leaks by the kilobyte. */
const MOST_RESIDENT_GROWTH = 48 << 20
/** A request line with a version that is not ours. */
const OTHER_VERSION = /^[^\r\n]* HTTP\/[2-9](?:\.\d)?\r\n/
/** Where routing ends: unknown, unclean or broken paths. */
const UNROUTED = [301, 400, 404, 408, 413, 431]

describe('requests generated from the OpenAPI description', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let description: Description
  let known: Known
  /** Every operation, some more often. */
  let weighted: readonly Operation[] = []
  let authorization = ''
  let inspector = 0
  const statuses = new Map<number, number>()
  const asked = new Map<string, number>()
  let isAllSent = false

  before(async () => {
    inspector = await freePort()
    daemon = await DaemonProcess.start({
      ...inspected(inspector),
      SAMPAN_READ_TIMEOUT: '2s',
      SAMPAN_ASYNC: 'on',
      // Ten thousand requests are a load.
      SAMPAN_AUTOSCALER: 'off',
    })
    description = await fetchDescription(daemon.url)
    weighted = description.operations.flatMap((each) => Array.from({ length: weightOf(each) }, () => each))
    authorization = await daemon.authorization()
    known = { fn: 'known', image: await testImage('fn'), secret: 'known', namespace: 'known' }
    const { fn: service, image, secret: name, namespace } = known
    await daemon.must('POST', '/system/namespace/', { name: namespace, labels: { openfaas: '1' } })
    await daemon.must('POST', '/system/secrets', { name, value: 'x' })
    await daemon.deploy({ service, image })
    await daemon.deploy({ service: AHEAD, image })
    await daemon.deploy({ service, image, namespace })
    for (const call of [service, AHEAD, `${service}.${namespace}`])
      assert.equal((await daemon.call(call)).status, 200)
  })
  after(() => daemon[Symbol.asyncDispose]())

  it(`ours: requests generated from the OpenAPI description do no harm (${INPUTS} of them, seed ${SEED})`, async (t) => {
    const before = await stateOf(daemon)
    await sendAll(0, WARM_UP)
    const warm = {
      heap: await liveHeapBytes(inspector),
      resident: await residentOf(daemon),
      files: await openFiles(daemon.pid),
    }

    await sendAll(WARM_UP, INPUTS)
    isAllSent = true

    assert.deepEqual(await stateOf(daemon), before, `something changed (seed ${SEED})`)
    const errors = (await daemon.log()).split('\n').filter((line) => line.includes('"level":"error"'))
    assert.deepEqual(errors, [], `the daemon logged errors (seed ${SEED})`)
    await eventually(
      async () => (await openFiles(daemon.pid)) < warm.files + 20,
      10_000,
      'the connections are gone',
    )
    if (INPUTS < ENOUGH) return t.diagnostic(`memory is not looked at: that takes ${ENOUGH} inputs`)
    // A timer may hold something for a moment; a leak is not given back.
    let heapGrowth = Infinity
    const isHeapBack = async (): Promise<boolean> => {
      heapGrowth = (await liveHeapBytes(inspector)) - warm.heap
      return heapGrowth < MOST_HEAP_GROWTH
    }
    await eventually(isHeapBack, 10_000).catch(() =>
      assert.fail(`${heapGrowth} bytes of heap stay (seed ${SEED})`),
    )
    const residentGrowth = (await residentOf(daemon)) - warm.resident
    assert.ok(residentGrowth < MOST_RESIDENT_GROWTH, `${residentGrowth} bytes stay resident (seed ${SEED})`)
  })

  it('ours: requests generated from the OpenAPI description reach every operation and every check', (t) => {
    if (INPUTS < ENOUGH) return t.skip(`takes ${ENOUGH} inputs`)
    if (!isAllSent) return t.skip('the test before this one ended early')
    for (const { method, path } of description.operations) {
      const times = asked.get(`${method} ${path}`) ?? 0
      assert.ok(
        times > INPUTS / description.operations.length / 4,
        `${method} ${path} was asked ${times} times`,
      )
    }
    for (const status of [200, 301, 400, 401, 404, 405, 409, 413, 422, 431])
      assert.ok(statuses.has(status), `${status} was never answered`)
  })

  /** Inputs `from` to `to`, some at a time. */
  async function sendAll(from: number, to: number): Promise<void> {
    const wrong: string[] = []
    let next = from
    const worker = async (): Promise<void> => {
      while (next < to) {
        const input = next++
        const bad = inputOf(input)
        const isApi = bad.listener === 'api'
        const ahead = isApi && Math.floor(input / weighted.length) % 2 === 1 ? SLOW_CALL : ''
        const status = await send(isApi ? daemon.url : daemon.metricsUrl, bad, ahead)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        const objection = objectionTo(description, bad, status)
        if (objection === null) continue
        const shown = JSON.stringify(bad.bytes.subarray(0, 400).toString('latin1'))
        wrong.push(`input ${input} of seed ${SEED}: ${objection}\n  ${shown}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} wrong answers`)
  }

  function inputOf(input: number): BadRequest {
    const operation = weighted[input % weighted.length] ?? assert.fail()
    const what = `${operation.method} ${operation.path}`
    asked.set(what, (asked.get(what) ?? 0) + 1)
    return badRequest({ operation, random: new Random(SEED + input * 7_919), known, authorization })
  }
})

/** The part of the answers that is not to the request ahead; empty until that one is whole. */
function ownOf(text: string, ahead: string): string {
  if (ahead === '') return text
  return text.includes('\r\n\r\n') ? behindFirst(text) : ''
}

/** Most of the code is behind those that change something, or are asked for a choice. */
function weightOf({ requestBody, parameters }: Operation): number {
  if (requestBody !== undefined) return 4
  return parameters.some((each) => each.in === 'query') ? 3 : 1
}

/** What is wrong about `status` as an answer; null when nothing. */
function objectionTo(description: Description, bad: BadRequest, status: number): string | null {
  if (status === 0) return bad.isCutShort ? null : 'was not answered'
  if (status === 505 && OTHER_VERSION.test(bad.bytes.toString('latin1'))) return null
  if (status >= 500) return `was answered with ${status}`
  if (status < 400 && bad.mustFail && status !== 301) return `was accepted with ${status}`
  if (isUnclean(bad.target) && status === 301) return null
  if (!METHODS.includes(bad.method)) {
    // The figures are given to any method.
    const isScrape = bad.listener === 'metrics' && /^\/metrics(?:\?|$)/.test(bad.target)
    return [400, 404, 405, 431, isScrape ? 200 : 0].includes(status) ? null : `was answered with ${status}`
  }
  if (description.pathOf(bad) === undefined)
    return UNROUTED.includes(status) ? null : `no such path, and ${status}`
  // No function is ever reached: whatever answers is the gateway.
  return description.objection(bad, { status, isOurs: true })
}

function isUnclean(target: string): boolean {
  const [path = ''] = target.split('?', 1)
  try {
    return /\/\/|\/\.{1,2}(?:\/|$)/.test(decodeURIComponent(path))
  } catch {
    return false
  }
}

/** Everything that a request could change: functions, namespaces, names of secrets, and the containers. */
async function stateOf(daemon: DaemonProcess): Promise<unknown> {
  const read = async (path: string): Promise<unknown> => (await daemon.api('GET', path)).json()
  const namespaces = (await read('/system/namespaces')) as string[]
  const contents = await Promise.all(
    namespaces.map(async (namespace) => [
      await read(`/system/namespace/${namespace}`),
      ((await read(`/system/functions?namespace=${namespace}`)) as { name: string }[]).filter(
        ({ name }) => name !== AHEAD,
      ),
      await read(`/system/secrets?namespace=${namespace}`),
    ]),
  )
  const metrics = await (await fetch(`${daemon.metricsUrl}/metrics`)).text()
  const started = /^process_start_time_seconds (\d+)$/m.exec(metrics)?.[1]
  assert.ok(started)
  return { contents, containers: await daemon.containers(), pid: daemon.pid, started }
}

async function residentOf(daemon: DaemonProcess): Promise<number> {
  const metrics = await (await fetch(`${daemon.metricsUrl}/metrics`)).text()
  return Number(/^process_resident_memory_bytes (\d+)$/m.exec(metrics)?.[1])
}

/** Status of the answer, 0 when the connection was closed without one. An answer before the end of what is sent is one too. */
function send(url: string, { bytes, isCutShort }: BadRequest, ahead: string): Promise<number> {
  return new Promise((done, broke) => {
    let text = ''
    let status = 0
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      const all = Buffer.concat([Buffer.from(ahead), bytes])
      if (isCutShort) socket.end(all)
      else socket.write(all)
    })
    socket.setTimeout(20_000, () =>
      socket.destroy(new Error(`no answer within 20 s: ${bytes.subarray(0, 300).toString('latin1')}`)),
    )
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      if (status > 0) return
      text += part
      // An invitation to send the body comes before the answer.
      status = Number(
        /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)*HTTP\/1\.1 (?!100)(\d{3})/.exec(ownOf(text, ahead))?.[1] ?? 0,
      )
      if (status > 0) socket.end()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A server that answers before it has read everything may reset; what it said before counts.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') broke(error)
    })
    socket.on('close', () => done(status))
  })
}
