import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { KeptResult } from '../../src/core/calls/queue-report.ts'
import { bytesOf, queuedCall } from '../fakes/fake-queue.ts'
import { queueApp } from '../fakes/queue-app.ts'

describe('the result of a call', () => {
  const hostile: KeptResult = {
    status: 401,
    rawHeaders: [
      'Content-Type',
      'text/html',
      'Set-Cookie',
      'a=b',
      'Content-Disposition',
      'inline',
      'Content-Security-Policy',
      'script-src *',
      'X-Content-Type-Options',
      'sniff',
      'Content-Length',
      '999',
      'WWW-Authenticate',
      'Basic realm="x"',
      'Access-Control-Allow-Origin',
      '*',
      'Location',
      '/system/functions',
      'Transfer-Encoding',
      'chunked',
      'Connection',
      'close, X-Hop',
      'X-Hop',
      '1',
      'X-Twice',
      'a',
      'x-twice',
      'b',
      'X-Bad',
      'a\0b',
      'Content-Type',
      'text/plain',
    ],
    size: 25,
    chunks: bytesOf('<script>alert(1)</script>'),
  }

  it('is too early while the call runs', async () => {
    const { ask, queue } = queueApp()
    queue.calls.push(queuedCall({ state: 'running' }))

    const answer = await ask('GET', '/system/async/calls/call-1/result')

    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [425, '1'])
    assert.match(await answer.text(), /has not ended/)
    assert.equal((await ask('GET', '/system/async/calls/nope/result')).status, 404)
  })

  it('has the bytes, and of the headers of a hostile function nothing that a browser heeds', async () => {
    const { ask, queue } = queueApp()
    queue.calls.push(queuedCall())
    queue.kept = hostile

    const answer = await ask('GET', '/system/async/calls/call-1/result')

    assert.deepEqual([answer.status, await answer.text()], [200, '<script>alert(1)</script>'])
    assert.deepEqual(Object.fromEntries(answer.headers), {
      'cache-control': 'no-store',
      'content-disposition': 'attachment',
      'content-length': '25',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
      'content-type': 'text/html',
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'x-function-header-access-control-allow-origin': '*',
      'x-function-header-content-disposition': 'inline',
      'x-function-header-content-security-policy': 'script-src *',
      'x-function-header-location': '/system/functions',
      'x-function-header-www-authenticate': 'Basic realm="x"',
      'x-function-header-x-content-type-options': 'sniff',
      'x-function-header-x-twice': 'a, b',
      'x-function-status': '401',
    })
  })

  it('may be empty', async () => {
    const { ask, queue } = queueApp()
    queue.calls.push(queuedCall())
    queue.kept = { status: 204, rawHeaders: [], size: 0, chunks: null }

    const answer = await ask('GET', '/system/async/calls/call-1/result')

    assert.deepEqual([answer.status, await answer.text()], [200, ''])
    assert.equal(answer.headers.get('content-type'), 'application/octet-stream')
  })

  it('is read no further when its reader leaves', async () => {
    const { ask, queue } = queueApp()
    let isOver = false
    async function* endless() {
      try {
        for (;;) yield Uint8Array.of(1)
      } finally {
        isOver = true
      }
    }
    queue.calls.push(queuedCall())
    queue.kept = { status: 200, rawHeaders: [], size: 1_000_000, chunks: endless() }

    const reader = (await ask('GET', '/system/async/calls/call-1/result')).body?.getReader()
    await reader?.read()
    await reader?.cancel()

    assert.ok(isOver)
  })
})

describe('dead letters', () => {
  const dead = queuedCall({ state: 'dead', reason: 'attempts_exhausted', error: 'out of ink', status: 500 })

  it('are listed, by function and reason', async () => {
    const { ask, queue } = queueApp()
    queue.calls.push(dead)

    const answer = await ask('GET', '/system/async/dead-letters?function=figlet&reason=attempts_exhausted')

    const { deadLetters } = (await answer.json()) as { deadLetters: Record<string, unknown>[] }
    assert.deepEqual(
      [deadLetters[0]?.['reason'], deadLetters[0]?.['error']],
      ['attempts_exhausted', 'out of ink'],
    )
    const which = { fn: functionName('figlet'), reason: 'attempts_exhausted' }
    assert.deepEqual(queue.queries, [{ isDead: true, ...which, limit: 101 }])
    assert.equal((await ask('GET', '/system/async/dead-letters?reason=old')).status, 400)
  })

  it('are inspected, with the beginning of the last answer', async () => {
    const { ask, queue } = queueApp()
    queue.calls.push(dead)

    const answer = await ask('GET', `/system/async/dead-letters/${dead.id}`)
    const letter = (await answer.json()) as Record<string, unknown>
    const body = await ask('GET', `/system/async/dead-letters/${dead.id}/body`)

    const { method, path, bodyBytes, lastAnswer, state } = letter
    assert.deepEqual([method, path, bodyBytes, lastAnswer, state], ['POST', '/a?b=c', 3, 'out\ufffd', 'dead'])
    assert.deepEqual(
      [body.headers.get('content-type'), await body.text()],
      ['application/octet-stream', 'ink'],
    )
    assert.equal(body.headers.get('content-disposition'), 'attachment')
    for (const path of ['0', '0/body'])
      assert.equal((await ask('GET', `/system/async/dead-letters/${path}`)).status, 404)
  })

  it('are replayed and removed, one or many', async () => {
    const { ask, queue } = queueApp()
    queue.calls.push({ ...dead, callId: 'a b' })
    const letters = '/system/async/dead-letters'

    const replayed = await ask('POST', `${letters}/${dead.id}/replay`)
    const removed = await ask('DELETE', `${letters}/${dead.id}`)
    const manyReplayed = await ask('POST', `${letters}/replay?function=figlet`)
    const manyRemoved = await ask('DELETE', `${letters}?before=2026-01-02T15:04:05Z&reason=expired`)

    assert.deepEqual([replayed.status, replayed.headers.get('location')], [202, '/system/async/calls/a%20b'])
    assert.equal(removed.status, 202)
    assert.deepEqual([await manyReplayed.json(), await manyRemoved.json()], [{ replayed: 2 }, { removed: 2 }])
    assert.deepEqual(queue.done, [`replay ${dead.id}`, `remove ${dead.id}`, 'replay many', 'remove many'])
    assert.deepEqual(queue.filters, [
      { fn: functionName('figlet') },
      { reason: 'expired', beforeMs: Date.UTC(2026, 0, 2, 15, 4, 5) },
    ])
    assert.equal((await ask('DELETE', `${letters}?until=2026-01-02T15:04:05Z`)).status, 400)
  })
})
