import assert from 'node:assert/strict'
import { request, type ClientRequest } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { openFiles } from '../fixtures/process-usage.ts'
import { freePort } from '../fixtures/free-port.ts'
import { DaemonProcess } from './daemon-process.ts'
import { honestDuring } from './honest-client.ts'
import { manage } from './manage.ts'
import { metricsOf } from './metrics-of.ts'

const DESCRIPTORS = 512
/** More than one function may have of so many descriptors, whichever kind is counted. */
const EACH = 60
const FLOOD = 300
const CROWD_ADDRESS = '127.0.0.9'
/** When a client leaves behind a body that stands still, its end stands behind that body: this time limit ends the call. */
const STUCK_FOR = '12s'

/** What the hostile function does with a call, and the body that it gets. */
const WAYS: readonly (readonly [path: string, bodyBytes: number])[] = [
  ['sleep/60s', 0],
  ['sleep/60s?never=reads', 1_000_000],
  ['stream?n=1000&every=1s&size=1', 0],
  ['long-head?bytes=1048576', 0],
]

/** Why a client of the hostile function is refused: its function, or the crowd itself, has its share. */
const WHY: Readonly<Record<number, RegExp>> = {
  429: /^the gateway has \d+ calls of function hostile\.openfaas-fn under way \(SAMPAN_MAX_CALLS_PER_FUNCTION\)\n$/,
  503: /^the gateway has \d+ busy connections (?:of this client \(SAMPAN_MAX_CONNECTIONS_PER_CLIENT\)|\(SAMPAN_MAX_CONNECTIONS\))\n$/,
}

describe('a hostile function', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let gateway = ''

  before(async () => {
    const port = await freePort()
    gateway = `http://gateway:${port}`
    const settings = { SAMPAN_FUNCTION_PORT: `${port}`, SAMPAN_UPSTREAM_TIMEOUT: STUCK_FOR }
    daemon = await DaemonProcess.start(settings, { descriptors: DESCRIPTORS })
    const image = await testImage('fn')
    await Promise.all(['honest', 'hostile'].map((service) => daemon.deploy({ service, image })))
    for (const name of ['honest', 'hostile']) assert.equal((await daemon.call(`${name}/id`)).status, 200)
  })
  after(() => daemon[Symbol.asyncDispose]())

  it('takes neither calls nor descriptors from others, and is told why it gets no more', async (test) => {
    const before = await openFiles(daemon.pid)
    const crowd = new Crowd(daemon.url)
    test.after(() => crowd.leave())
    const floods = `hostile/flood?n=${FLOOD}&for=6s&url=${gateway}/function/hostile/sleep/60s`
    const flood = daemon.call(floods)
    await eventually(async () => (await metricsOf(daemon)).get('sampan_calls') !== 0, 5_000, 'the flood runs')

    const honest = await honestDuring(`${daemon.url}/function/honest/id`, async () => {
      crowd.come()
      await eventually(() => crowd.refused.length > 0, 10_000, 'the hostile function has its share')
      await manage(daemon)
      await sleep(2_000)
    })
    const counts = (await (await flood).json()) as Readonly<Record<string, number>>
    const during = await metricsOf(daemon)

    test.diagnostic(
      JSON.stringify({ counts, refused: crowd.refused.length, fds: during.get('process_open_fds') }),
    )
    assert.deepEqual(honest.failed.slice(0, 10), [])
    assert.equal(during.get('sampan_calls_refused_total'), 0, 'others had room all the time')
    assert.ok((during.get('sampan_calls_of_function_refused_total') ?? 0) > 0)
    assert.ok((counts['429'] ?? 0) > 0, 'the flood from inside the container was refused')
    assert.ok(crowd.refused.some(({ status }) => status === 429))
    for (const { status, retryAfter, text } of crowd.refused) {
      assert.equal(retryAfter, '1', text)
      assert.match(text, WHY[status] ?? /^$/)
    }
    assert.match(
      await daemon.log(),
      /"msg":"limit of calls per function reached, new ones refused",.*"fn":"hostile/,
    )

    crowd.leave()
    await eventually(
      async () => (await metricsOf(daemon)).get('sampan_calls') === 0,
      20_000,
      'its calls are gone',
    )
    await eventually(
      async () => (await openFiles(daemon.pid)) < before + 20,
      20_000,
      'its descriptors are free',
    )
  })
})

interface Refused {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly text: string
}

/** Clients of the hostile function, from another address than honest ones, each with one call; those that are answered by the function with something call again. */
class Crowd {
  readonly refused: Refused[] = []
  readonly #url: string
  readonly #calls = new Set<ClientRequest>()
  #isGone = false

  constructor(url: string) {
    this.#url = url
  }

  come(): void {
    for (const [path, bodyBytes] of WAYS) for (let n = 0; n < EACH; n += 1) this.#call(path, bodyBytes)
  }

  leave(): void {
    this.#isGone = true
    for (const call of this.#calls) call.destroy()
  }

  #call(path: string, bodyBytes: number): void {
    if (this.#isGone) return
    const method = bodyBytes > 0 ? 'POST' : 'GET'
    const headers = bodyBytes > 0 ? { 'content-length': bodyBytes } : {}
    const options = { method, headers, agent: false, maxHeaderSize: 2 ** 22, localAddress: CROWD_ADDRESS }
    const call = request(`${this.#url}/function/hostile/${path}`, options)
    this.#calls.add(call)
    call.on('response', (answer) => {
      const { statusCode: status = 0, headers: answered } = answer
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.on('error', () => {})
      answer.on('end', () => {
        if (status === 429 || status === 503)
          this.refused.push({ status, retryAfter: answered['retry-after'], text })
        else this.#call(path, bodyBytes)
      })
    })
    call.on('error', () => {})
    call.on('close', () => this.#calls.delete(call))
    call.end(Buffer.alloc(bodyBytes))
  }
}
