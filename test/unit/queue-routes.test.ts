import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { letterId, queuedCall } from '../fakes/fake-queue.ts'
import { queueApp } from '../fakes/queue-app.ts'

const READING = ['queues', 'calls', 'calls/a', 'calls/a/result', 'dead-letters', 'dead-letters/0/body']

describe('the routes of asynchronous calls', () => {
  it('are not there where there is no queue', async () => {
    const { app, ask, log } = queueApp(null)
    const asked: readonly (readonly [string, string])[] = [
      ...READING.map((path) => ['GET', `/system/async/${path}`] as const),
      ['POST', '/system/async/queues/q/pause'],
      ['DELETE', '/system/async/dead-letters'],
    ]

    for (const [method, path] of asked) assert.equal((await ask(method, path)).status, 404, path)
    assert.equal((await app.request('/async-function/a', { method: 'DELETE' })).status, 404)
    assert.deepEqual(log.messages('warn'), [])
  })

  it('want the password, and nothing from a browser', async () => {
    const { app, queue } = queueApp()
    queue.calls.push(queuedCall({ state: 'queued' }))
    const routes: readonly (readonly [string, string])[] = [
      ...READING.map((path) => ['GET', `/system/async/${path}`] as const),
      ['DELETE', '/async-function/call-1'],
      ['POST', '/system/async/dead-letters/replay'],
    ]
    const browser = { Authorization: 'Basic x', 'Sec-Fetch-Site': 'same-origin' }

    for (const [method, path] of routes) {
      assert.equal((await app.request(path, { method })).status, 401, path)
      assert.equal((await app.request(path, { method, headers: browser })).status, 403, path)
    }
    assert.deepEqual(queue.done, [])
  })

  it('have no other methods', async () => {
    const { ask } = queueApp()

    for (const [method, path] of [
      ['GET', '/system/async/dead-letters/replay'],
      ['GET', '/system/async/queues/q/pause'],
      ['PUT', '/system/async/calls'],
      ['GET', '/async-function/a'],
      ['DELETE', '/async-function/a/'],
      ['DELETE', '/async-function/a/b'],
    ] as const)
      assert.equal((await ask(method, path)).status, 405, path)
  })
})

describe('queues', () => {
  it('are shown with their functions', async () => {
    const { ask, queue } = queueApp()
    const lane = { pending: 4, inFlight: 2, delayed: 1, limit: 5 }
    const functions = [
      { ...lane, fn: functionName('figlet'), oldestMs: 2_500 },
      { ...lane, fn: functionName('cows', 'dev'), oldestMs: null },
    ]
    queue.reports = [{ queue: 'slow', isPaused: true, functions }]

    const answer = await ask('GET', '/system/async/queues')

    assert.deepEqual(await answer.json(), [
      {
        queue: 'slow',
        paused: true,
        functions: [
          { name: 'figlet', namespace: 'openfaas-fn', ...lane, oldestAgeSeconds: 2.5 },
          { name: 'cows', namespace: 'dev', ...lane },
        ],
      },
    ])
  })

  it('are paused, resumed and emptied, and the audit says which', async () => {
    const { ask, queue, log } = queueApp()

    assert.equal((await ask('POST', '/system/async/queues/slow/pause')).status, 202)
    assert.equal((await ask('POST', '/system/async/queues/slow/resume')).status, 202)
    const all = await ask('DELETE', '/system/async/queues/slow')
    const some = await ask('DELETE', '/system/async/queues/slow?function=cows&namespace=dev')
    assert.equal((await ask('POST', '/system/async/queues/a.b/pause')).status, 400)

    assert.deepEqual([await all.json(), await some.json()], [{ purged: 3 }, { purged: 3 }])
    const done = ['pause slow', 'resume slow', 'purge all of slow', 'purge cows.dev of slow']
    assert.deepEqual(queue.done, done)
    assert.deepEqual(
      log.named('audit').map(({ fields }) => [fields['action'], fields['subject'], fields['status']]),
      [
        ['POST /system/async/queues/pause', 'slow', 202],
        ['POST /system/async/queues/resume', 'slow', 202],
        ['DELETE /system/async/queues', 'slow', 200],
        ['DELETE /system/async/queues', 'slow cows.dev', 200],
        ['POST /system/async/queues/pause', 'a.b', 400],
      ],
    )
  })

  it('are not emptied of everything because of a slip', async () => {
    const { ask, queue } = queueApp()
    const wrong: readonly (readonly [string, RegExp])[] = [
      ['func=figlet', /^func: is no parameter here, known: function, namespace/],
      ['function=', /^function: is empty/],
      ['function=Upper', /^function: no function can be called "Upper"/],
      ['namespace=dev', /^namespace: is the one of function, which is missing/],
    ]

    for (const [query, said] of wrong) {
      const answer = await ask('DELETE', `/system/async/queues/slow?${query}`)
      assert.equal(answer.status, 400)
      assert.match(await answer.text(), said)
    }
    assert.deepEqual(queue.done, [])
  })
})

describe('asynchronous calls', () => {
  it('are listed page by page', async () => {
    const { ask, queue } = queueApp()
    queue.calls.push(...[3, 2, 1].map((at) => queuedCall({ id: letterId(at) })))
    const query = 'state=succeeded&function=figlet&callId=a%2Fb&since=2026-01-02T15:04:05%2B01:00&limit=2'

    const first = await ask('GET', `/system/async/calls?${query}`)
    const { calls, next } = (await first.json()) as { calls: { id: string }[]; next: string }
    queue.calls.splice(0, 2)
    const last = await ask('GET', `/system/async/calls?limit=2&cursor=${next}`)

    assert.deepEqual([calls.map(({ id }) => id), next], [[letterId(3), letterId(2)], letterId(2)])
    assert.deepEqual(Object.keys((await last.json()) as object), ['calls'])
    assert.deepEqual(queue.queries, [
      {
        state: 'succeeded',
        fn: functionName('figlet'),
        callId: 'a/b',
        sinceMs: Date.UTC(2026, 0, 2, 14, 4, 5),
        limit: 3,
      },
      { limit: 3, before: letterId(2) },
    ])
  })

  it('have what is known of them, and nothing that is not', async () => {
    const { ask, queue } = queueApp()
    const ended = queuedCall({ callback: 'delivered', resultHead: '{}' })
    const begun = { state: 'queued', attempts: 0, startedAtMs: 0, finishedAtMs: 0, status: 0 } as const
    queue.calls.push(ended, queuedCall({ ...begun, durationMs: 0, nextAtMs: 1_700_000_060_000 }))

    const answer = await ask('GET', '/system/async/calls/call-1')
    const [one, other] = (await answer.json()) as Record<string, unknown>[]

    const common = {
      id: letterId(1),
      callId: 'call-1',
      name: 'figlet',
      namespace: 'openfaas-fn',
      queue: 'faas-request',
      deferrals: 0,
      enqueuedAt: '2023-11-14T22:13:20.000Z',
      expiresAt: '2023-11-14T23:13:20.000Z',
      attempts: [{ attempt: 1, startedAt: '2023-11-14T22:13:21.000Z', durationSeconds: 0.02, status: 500 }],
    }
    assert.deepEqual(one, {
      ...common,
      state: 'succeeded',
      attemptCount: 1,
      startedAt: '2023-11-14T22:13:21.000Z',
      finishedAt: '2023-11-14T22:13:22.500Z',
      status: 200,
      durationSeconds: 1.5,
      callback: 'delivered',
      hasResult: true,
    })
    const waits = { nextAt: '2023-11-14T22:14:20.000Z', hasResult: false }
    assert.deepEqual(other, { ...common, state: 'queued', attemptCount: 0, ...waits })
    assert.equal((await ask('GET', '/system/async/calls/nope')).status, 404)
  })

  it('are not listed by a parameter that makes no sense, which is named', async () => {
    const { ask } = queueApp()
    const wrong = [
      'state=done',
      'function=a.b.c_',
      'since=yesterday',
      'since=2026-13-02T00:00:00Z',
      'limit=0',
      'limit=1001',
      'limit=1e2',
      'cursor=3',
      'callid=a',
      'namespace=Upper',
    ]

    for (const query of wrong) {
      const answer = await ask('GET', `/system/async/calls?${query}`)
      assert.equal(answer.status, 400, query)
      assert.ok((await answer.text()).startsWith(`${query.split('=')[0]}: `), query)
    }
  })

  it('are cancelled by their id, however it is written', async () => {
    const { ask, queue, log } = queueApp()
    queue.calls.push(queuedCall({ callId: 'ä b%2', state: 'running' }), queuedCall())

    assert.equal((await ask('DELETE', `/async-function/${encodeURIComponent('ä b%2')}`)).status, 202)
    assert.equal((await ask('DELETE', '/async-function/call-1')).status, 409)
    assert.equal((await ask('DELETE', '/async-function/nope')).status, 404)

    assert.deepEqual(queue.done, ['cancel ä b%2'])
    const [audit] = log.named('audit')
    assert.deepEqual([audit?.fields['action'], audit?.fields['subject']], ['DELETE /async-function', 'ä b%2'])
  })
})
