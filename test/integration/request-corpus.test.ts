import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { readCorpus, type CorpusCase } from '../fixtures/corpus.ts'
import { askAlone, askBehind, ThreeWays, type HoldingServer } from '../fixtures/three-ways.ts'
import { rigs } from './call-rig.ts'

// The requests that the watchdog is held to as well: where both read the same, nothing can hide between them.

const NEXT = 'GET /function/hello/next HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
const cases = readCorpus('/function/hello')
const { startEmpty } = rigs()
const open: Server[] = []
after(() => {
  for (const server of open) server.close()
})

/** The gateway leaves away a question mark with nothing behind it (http-api 7.3). */
const shown = (target: string): string => target.replace(/^([^?]*)\?$/, '$1')

describe('the corpus of requests', () => {
  it('the corpus of requests has all its cases when it is read', () =>
    assert.ok(cases.length > 300, `${cases.length} cases`))

  it('is read by the gateway as it says, each alone and behind an unanswered request', async () => {
    const server = await startHolding()
    const wrong: string[] = []
    for (const one of cases) {
      for (const ask of [
        (bytes: string) => askAlone(server.port, bytes),
        (bytes: string) => askBehind(server, bytes),
      ]) {
        server.seen.length = 0
        const problem = await ask(one.request + NEXT).then(
          (text) => problemWith(one, text, server.seen),
          String,
        )
        if (problem !== null) wrong.push(`${one.name}: ${problem}`)
      }
    }
    assert.deepEqual(wrong, [])
  })

  it('is read the same behind an unanswered request, and cut at every byte of the heads', async () => {
    const ways = new ThreeWays()
    const wrong: string[] = []
    for (const { name, request } of cases)
      await ways
        .check(request + NEXT)
        .catch((error: unknown) => wrong.push(`${name}: ${String(error).slice(0, 600)}`))
    assert.deepEqual(wrong, [])
  })
})

/** What is wrong about `text` as the answer to a case with a further request behind it; null when nothing. */
function problemWith(one: CorpusCase, text: string, seen: readonly string[]): string | null {
  const statuses = [...text.matchAll(/HTTP\/1\.1 (?!100)(\d{3}) /g)].map(([, status]) => Number(status))
  const told = `${JSON.stringify(text.slice(0, 300))}, the function saw ${JSON.stringify(seen).slice(0, 300)}`
  if (one.expect === 'accept') {
    const wanted = [`${one.method} ${shown(one.target)}\n${one.body}`, ...(one.isKept ? ['GET /next\n'] : [])]
    return statuses.every((status) => status === 200) && String(seen) === String(wanted) ? null : told
  }
  if (statuses.length === 0 || !one.statuses.includes(statuses[0] ?? 0)) return told
  if (one.expect === 'own') return null
  if (statuses.length > 1) return `the connection goes on: ${told}`
  return seen.length === 0 ? null : `it reached the function: ${told}`
}

/** The gateway before a function that notes what it saw whole, and holds `/hold`. */
async function startHolding(): Promise<HoldingServer & { readonly seen: string[] }> {
  const seen: string[] = []
  let held: ServerResponse | null = null
  const fn = createServer({ maxHeaderSize: 256 * 1024 }, (req, res) => {
    if (req.url === '/hold') return void (held = res)
    const pieces: Buffer[] = []
    req.on('data', (piece: Buffer) => pieces.push(piece))
    req.on('end', () => {
      seen.push(`${req.method} ${req.url}\n${Buffer.concat(pieces).toString('latin1')}`)
      res.end('seen')
    })
  })
  fn.listen(0, '127.0.0.1')
  await once(fn, 'listening')
  open.push(fn)
  const rig = await startEmpty({}, { edge: { readTimeoutMs: 5_000 } })
  rig.serve((fn.address() as AddressInfo).port)
  return {
    port: rig.port,
    seen,
    holding: 'GET /function/hello/hold HTTP/1.1\r\nHost: h\r\n\r\n',
    isHeld: () => held !== null,
    release: () => {
      held?.end('held')
      held = null
    },
  }
}
