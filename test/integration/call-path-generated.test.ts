import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { exchange, ok, rigs } from './call-rig.ts'
import { Random } from './random.ts'

const ROUNDS = 2_000

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
  it('generated targets of every byte that a request target may have reach the function as they are', async () => {
    const [first, ...others] = await bytesOfTargets()
    assert.ok(first !== undefined && others.length > 85, `${others.length + 1} bytes`)
    const random = new Random(31)
    const { port, fn } = await start(ok('hi'))

    for (let round = 0; round < ROUNDS; round += 1) {
      const target = rest(random, [first, ...others])
      const answer = await exchange(port, `GET /function/hello${target} HTTP/1.1`)

      assert.match(answer, /^HTTP\/1\.1 200 /, JSON.stringify(target))
      assert.equal(fn.requests.length, round + 1)
      assert.equal(
        fn.requests.at(-1)?.split('\r\n')[0],
        `GET ${shown(target)} HTTP/1.1`,
        JSON.stringify(target),
      )
    }
  })
})
