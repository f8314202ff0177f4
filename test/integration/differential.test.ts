import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { fieldsOf, startGo, startNode, type OtherServer, type Told } from '../fixtures/other-servers.ts'
import { soundRequest, spoiltRequest } from '../fixtures/request-maker.ts'
import { ThreeWays } from '../fixtures/three-ways.ts'
import { Random } from './random.ts'

// What two servers in a row read differently is how requests get smuggled. So generated requests go to ours, to Node's and to Go's: ours may refuse
// what the others take, for a reason that is listed here, and must not take what one of them refuses, or reads in another way.

const SEED = Number(process.env['SAMPAN_TEST_SEED'] ?? 20_261_126)
const INPUTS = Number(process.env['SAMPAN_TEST_DIFFERENTIAL'] ?? 2_000)
const AT_ONCE = 8
const NEXT = 'GET /next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'

/** Sentences with which ours refuses what another server takes, and why it does. */
const STRICT: Readonly<Record<string, string>> = {
  'malformed request line':
    'Node takes further blanks and other bytes in targets, and Go takes bytes above 127 in methods',
  '': 'to a HEAD: its answer has no sentence',
  'no tunnels': 'CONNECT is refused whatever its target',
  'malformed request target': 'only a path, or a URL with a host and without a user, can be routed',
  'only HTTP/1.0 and HTTP/1.1 are spoken here': 'Node takes HTTP/0.9 and 2.0, Go takes any HTTP/1.x',
  'empty lines before the request': 'RFC 9112 asks for one to be passed over; Node takes any number',
  'a line ends without a carriage return': 'Go and, in places, Node take a line feed alone',
  'the request has a malformed header name':
    'Go takes names with blanks as they are, and a line feed alone as an end',
  'the request has a malformed value of the header': 'Go takes a line feed alone as an end, and folded lines',
  'the request is incomplete': 'where the head ends is seen in another place',
  'no Host header': 'RFC 9112, 3.2; Node checks it, but not where it does not ask for it',
  'more than one Host header': 'RFC 9112, 3.2; Node takes the first',
  'malformed Host header': 'RFC 9112, 3.2; Node does not look at it',
  'more than one Content-Length header': 'Go takes equal ones as one',
  'malformed Content-Length header': 'Go takes more than 15 digits',
  'more than one Transfer-Encoding header': 'Node joins them',
  'unsupported Transfer-Encoding': 'only chunked has an end that all see in the same place',
  'both Transfer-Encoding and Content-Length': 'Go ignores the length',
  'Transfer-Encoding in an HTTP/1.0 request': 'RFC 9112, 6.1: its framing is faulty',
  'unknown expectation':
    'it cannot be met (RFC 9110, 10.1.1); Node takes several as one, Go overlooks further ones',
  'the request body has a malformed chunk size': 'Go takes blanks before it',
  'the request body has a malformed chunk extension': 'control characters in it',
  'the request body has a chunk that is longer than it said': 'Go takes a line feed alone behind it',
  'the request has a malformed header name in its trailers': 'Go takes names with blanks',
  'the request has a malformed value of the header in its trailers': 'Go takes folded lines',
  'the request body has a malformed trailer': 'Go takes a line feed alone',
}

/** What ours takes, or reads otherwise, though another server does not. */
interface Difference {
  readonly server: string
  readonly why: string
  /** `at`: the first request that differs. */
  holds(ours: readonly Told[], at: number, text: string): boolean
}

const offersUpgrade = (told: Told | undefined): boolean => told?.headers[':upgrade'] !== undefined

const JUSTIFIED: readonly Difference[] = [
  {
    server: 'Node',
    why: 'it knows a list of methods; ours are answered with 405 above the grammar',
    holds: (ours, at) => !METHODS.includes(ours[at]?.method ?? ''),
  },
  {
    server: 'Node',
    why: 'its parser leaves HTTP behind an offer to upgrade, also where nobody takes it up (RFC 9110, 7.8: it may be ignored)',
    holds: (ours, at) => offersUpgrade(ours[at]) || offersUpgrade(ours[at - 1]),
  },
  {
    server: 'Node',
    why: 'bytes above 127 in targets are taken by Go, nginx and our watchdog, and no two servers see the end of the target in another place',
    holds: (ours, at) => /[\x80-\xff]/.test(ours[at]?.target ?? ''),
  },
  {
    server: 'Node',
    why: 'it reads the words of chunk extensions, which have no meaning for us; control characters are refused by both',
    holds: (_ours, _at, text) => /\r\n[0-9a-f]+[ \t]*;[^\r\n]*\r\n/i.test(text),
  },
  {
    server: 'Node',
    why: 'it refuses trailers that frame a message; we drop them',
    holds: (_ours, _at, text) =>
      /\r\n0+(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*(?:Content-Length|Transfer-Encoding):/i.test(text),
  },
  {
    server: 'Node',
    why: 'blanks behind the size of a chunk are taken by Go and our watchdog: some servers fill sizes up with them',
    holds: (_ours, _at, text) => /\r\n[0-9a-f]+[ \t]+(?:;[^\r\n]*)?\r\n/i.test(text),
  },
  {
    server: 'Node',
    why: 'it refuses a tab behind a length; blanks and tabs around values are one (RFC 9110, 5.6.3)',
    holds: (_ours, _at, text) => /\r\nContent-Length:\t*[^\r\n]*\t\r\n/i.test(text),
  },
  {
    server: 'Go',
    why: 'it closes for a word close that is no element of the list',
    holds: (_ours, at, text) => at > 0 && /\r\nConnection:[^\r\n]*[^,\s][^,\r\n]*close/i.test(text),
  },
  {
    server: 'Go',
    why: 'it refuses blanks before the extension of a chunk, which RFC 9112, 7.1.1 has',
    holds: (_ours, _at, text) => /\r\n[0-9a-f]+[ \t]+;[^\r\n]*\r\n/i.test(text),
  },
  {
    server: 'Go',
    why: 'it refuses the one empty line before a request that RFC 9112, 2.2 asks servers to pass over',
    holds: (ours, at, text) => text.includes(`\r\n${ours[at]?.method} ${ours[at]?.target} `),
  },
]

describe('generated requests', () => {
  const others: OtherServer[] = []
  before(async () => {
    others.push(await startNode(), await startGo())
  })
  after(async () => {
    for (const other of others) await other.stop()
  })

  it(`are read as Node's and Go's servers read them, or refused for a reason (${INPUTS}, seed ${SEED})`, async (t) => {
    const ways = new ThreeWays()
    const wrong: string[] = []
    let taken = 0
    for (let input = 0; input < INPUTS; input += AT_ONCE) {
      const texts = Array.from({ length: AT_ONCE }, (_, at) => textOf(input + at))
      const theirs = await Promise.all(
        texts.map((text) => Promise.all(others.map((other) => other.read(text)))),
      )
      for (const [at, text] of texts.entries()) {
        const { seen, refusal, isClosed } = await ways.alone(text)
        const ours = seen.map(toldOf)
        taken += ours.length
        for (const [which, other] of others.entries()) {
          const problem = objection({
            ours,
            theirs: theirs[at]?.[which] ?? [],
            server: other.name,
            text,
            refusal,
            isClosed,
          })
          if (problem !== null)
            wrong.push(`${other.name}, input ${input + at}: ${problem}\n  ${JSON.stringify(text)}`)
        }
      }
    }
    t.diagnostic(`${taken} requests were taken`)
    assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} differences (seed ${SEED})`)
    assert.ok(taken > INPUTS / 2, `${taken} requests were taken`)
  })
})

/** A request with faults, perhaps a sound one behind it, and one that shows where they end. */
function textOf(input: number): string {
  const random = new Random(SEED + input * 7_919)
  return spoiltRequest(random) + (random.below(3) === 0 ? soundRequest(random) : '') + NEXT
}

function toldOf(json: string): Told {
  const { method, target, rawHeaders, text, rawTrailers } = JSON.parse(json) as {
    readonly [key in 'method' | 'target' | 'text']: string
  } & { readonly [key in 'rawHeaders' | 'rawTrailers']: readonly string[] }
  return { method, target, body: text, headers: fieldsOf(rawHeaders), trailers: fieldsOf(rawTrailers) }
}

interface Comparison {
  readonly ours: readonly Told[]
  readonly theirs: readonly Told[]
  readonly server: string
  readonly text: string
  readonly refusal: string | null
  readonly isClosed: boolean
}

/** What is wrong about ours; null when nothing. */
function objection({ ours, theirs, server, text, refusal, isClosed }: Comparison): string | null {
  const at = ours.findIndex((one, index) => differs(one, theirs[index]))
  if (at >= 0) {
    if (JUSTIFIED.some((one) => one.server === server && one.holds(ours, at, text))) return null
    return `request ${at} is ${JSON.stringify(ours[at])} for us and ${JSON.stringify(theirs[at]) ?? 'none'} for it`
  }
  if (ours.length >= theirs.length || (refusal !== null && Object.hasOwn(STRICT, kindOf(refusal))))
    return null
  // To close is always safe.
  if (refusal === null && isClosed) return null
  return `it takes ${theirs.length} requests and we ${ours.length}: ${refusal}`
}

/** The sentence without the name of the header that it is about. */
function kindOf(refusal: string): string {
  return refusal.replace(/(malformed value of the header) \S+/, '$1')
}

function differs(one: Told, other: Told | undefined): boolean {
  if (other === undefined) return true
  const { method, target, body } = one
  if (method !== other.method || target !== other.target || body !== other.body) return true
  return !hasSame(one.headers, other.headers) || !hasSame(one.trailers, other.trailers)
}

function hasSame(one: Told['headers'], other: Told['headers']): boolean {
  const sorted = (fields: Told['headers']): string =>
    JSON.stringify(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  return sorted(one) === sorted(other)
}
