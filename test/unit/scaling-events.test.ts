import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { ScalingEvents, type Told } from '../../src/scaler/scaling-events.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const one = functionName('one')
const two = functionName('two')
const scaled = (fn = one, to = 2): Told => ({ fn, kind: 'scaled', from: 1, to, reason: 'of a test' })
const make = () => new ScalingEvents(new RecordingLog(), () => 1_000)

describe('events of scaling', () => {
  it('keeps the last twenty of each function, in order over all', () => {
    const events = make()
    events.tell(scaled(two))
    for (let at = 0; at < 30; at += 1) events.tell(scaled())

    assert.deepEqual(
      events.recent(one).map(({ id }) => id),
      Array.from({ length: 20 }, (_, at) => at + 12),
    )
    assert.equal(events.recent().length, 21)
    assert.equal(events.recent()[0]?.fn, two)
    events.forget(one)
    assert.deepEqual(events.recent(one), [])
  })

  it('tells followers what was, what comes, and nothing after the end', async () => {
    const events = make()
    const end = new AbortController()
    events.tell(scaled(one, 2))
    events.tell(scaled(two, 3))
    const seen: number[] = []
    const reading = (async () => {
      for await (const { to } of events.follow(one, 0, end.signal)) {
        seen.push(to)
        if (seen.length === 1) events.tell(scaled(one, 4))
        else end.abort()
      }
    })()

    await reading
    events.tell(scaled(one, 5))

    assert.deepEqual(seen, [2, 4])
  })

  it('has a slow follower miss the oldest, and no more than fifty follow', async () => {
    const events = make()
    const end = new AbortController()
    const slow = events.follow(undefined, undefined, end.signal)
    for (let at = 0; at < 150; at += 1) events.tell(scaled())
    for await (const { id } of slow) {
      assert.equal(id, 51)
      break
    }
    for (let at = 1; at < 50; at += 1) events.follow(undefined, undefined, end.signal)

    assert.throws(() => events.follow(undefined, undefined, end.signal), { code: 'too-busy' })
    end.abort()
    events.follow(undefined, undefined, AbortSignal.abort())
  })
})

describe('GET /system/events', () => {
  it('answers what was decided, of one function or all', async () => {
    const events = make()
    const { ask } = testApp({ events })
    await ask('POST', '/system/functions', { service: 'one', image: 'a/b' })
    events.tell(scaled(one))
    events.tell(scaled(two))

    const all = (await (await ask('GET', '/system/events')).json()) as unknown[]
    const own = await (await ask('GET', '/system/events?name=one')).json()

    assert.equal(all.length, 2)
    assert.deepEqual(own, [
      {
        id: 1,
        at: '1970-01-01T00:00:01.000Z',
        name: 'one',
        namespace: 'openfaas-fn',
        kind: 'scaled',
        from: 1,
        to: 2,
        reason: 'of a test',
      },
    ])
    assert.equal((await ask('GET', '/system/events?name=nobody')).status, 404)
  })

  it('goes on as a stream of events until the client leaves, from where it was', async () => {
    const events = make()
    const { app } = testApp({ events })
    events.tell(scaled(one))
    events.tell(scaled(two))
    const client = new AbortController()
    const answer = await app.request('/system/events', {
      headers: { Authorization: ADMIN, Accept: 'text/event-stream', 'Last-Event-ID': '1' },
      signal: client.signal,
    })
    const reader = (answer.body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream()).getReader()

    assert.equal(answer.headers.get('content-type'), 'text/event-stream')
    assert.match((await reader.read()).value ?? '', /^id: 2\nevent: scaled\ndata: \{"id":2,.*\}\n\n$/)
    events.tell(scaled(one))
    assert.match((await reader.read()).value ?? '', /^id: 3\n/)
    client.abort()
    assert.equal((await reader.read()).done, true)
  })
})
