import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { askAlone, askBehind, ThreeWays, type HoldingServer, type Outcome } from '../fixtures/three-ways.ts'
import { exchange, ok, rigs } from './call-rig.ts'
import { Random } from './random.ts'

const ROUNDS = 2_000
const CUT_ROUNDS = 50

const { start } = rigs()

/** What another party might clean, decode or cut off. */
const PATHS =
  '/ // /// /. /./ /.. /../ /.../ . .. /system/functions /function/other http://other/ //other/ \\ /\\..\\ a Z 0'
const ESCAPES = '% %% %2 %zz %2F %2f %3F %23 %25 %00 %0d%0a %ff %c3%a9 %2e%2e/'
const MARKS = '? ?? ?a=b & && = ; ;a=b + # #? \' " | {} [] <> ^ ` ~ ! $ * , ( ) : @'
const AWKWARD = `${PATHS} ${ESCAPES} ${MARKS}`.split(' ')

/** Each byte that Node's server takes in a request target, as a character of its own. */
async function bytesOfTargets(): Promise<readonly string[]> {
  const seen: string[] = []
  const server = createServer((req, res) => res.end(seen.push(req.url ?? '').toString()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const bytes = Array.from({ length: 255 }, (_, at) => String.fromCharCode(at + 1))
  await Promise.all(bytes.map((byte) => exchange(port, `GET /a${byte}z HTTP/1.1`)))
  server.close()
  return bytes.filter((byte) => seen.includes(`/a${byte}z`))
}

/** Nothing, or a path, or a query, of awkward pieces and of any bytes. */
function rest(random: Random, bytes: readonly [string, ...string[]]): string {
  const pieces = Array.from({ length: random.below(12) }, () =>
    random.below(2) === 0 ? (AWKWARD[random.below(AWKWARD.length)] ?? '') : random.pick(bytes),
  )
  const text = pieces.join('')
  return text === '' || /^[/?]/.test(text) ? text : random.pick(['/', '?']) + text
}

/** As http-api 7.3 has it: an empty path is `/`, a bare question mark at the end is no query, all else stays. */
function shown(behindName: string): string {
  const [path = '', ...queries] = behindName.split('?')
  const query = queries.join('?')
  const isBare = queries.length === 1 && query === ''
  return (path === '' ? '/' : path) + (queries.length === 0 || isBare ? '' : `?${query}`)
}

describe('generated targets', () => {
  it('7.3, 18.3.2, 18.4.4: generated targets of every byte that a request target may have reach the function as they are, behind an unanswered request, too', async () => {
    const [first, ...others] = await bytesOfTargets()
    assert.ok(first !== undefined && others.length > 85, `${others.length + 1} bytes`)
    const random = new Random(31)
    let release: (() => void) | null = null
    const { port, fn } = await start((socket, text) => {
      const answer = (): unknown => socket.write(ok('hi'))
      if (text.startsWith('GET /hold ')) release = answer
      else answer()
    })
    const server: HoldingServer = {
      port,
      holding: 'GET /function/hello/hold HTTP/1.1\r\nHost: a\r\n\r\n',
      isHeld: () => release !== null,
      release: () => {
        release?.()
        release = null
      },
    }

    for (let round = 0; round < ROUNDS; round += 1) {
      const target = rest(random, [first, ...others])
      const request = `GET /function/hello${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
      const isBehind = round % 4 === 3
      const before = fn.requests.length
      const answer = isBehind ? await askBehind(server, request) : await askAlone(port, request)

      assert.match(answer, /^HTTP\/1\.1 200 /, JSON.stringify(target))
      assert.equal(fn.requests.length, before + (isBehind ? 2 : 1))
      assert.equal(
        fn.requests.at(-1)?.split('\r\n')[0],
        `GET ${shown(target)} HTTP/1.1`,
        JSON.stringify(target),
      )
    }
  })

  it('are read the same behind an unanswered request and cut anywhere', async () => {
    const [first, ...others] = await bytesOfTargets()
    assert.ok(first !== undefined)
    const random = new Random(32)
    const ways = new ThreeWays()

    for (let round = 0; round < CUT_ROUNDS; round += 1) {
      const target: string = `/function/hello${rest(random, [first, ...others])}`
      const { seen }: Outcome = await ways.check(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)

      assert.equal((JSON.parse(seen[0] ?? '{}') as { target?: string }).target, target)
    }
  })
})
