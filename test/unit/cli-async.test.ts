import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

const QUEUES = '/system/async/queues'
const CALLS = '/system/async/calls'
const LETTERS = '/system/async/dead-letters'

const CALL = {
  id: '01J',
  callId: 'c1',
  name: 'f',
  namespace: 'openfaas-fn',
  queue: 'faas-request',
  state: 'dead',
  attemptCount: 2,
  deferrals: 0,
  enqueuedAt: '2026-01-02T03:04:05.678Z',
  expiresAt: '2026-01-03T03:04:05.678Z',
  status: 500,
  reason: 'attempts_exhausted',
  hasResult: false,
}

const ATTEMPT = {
  attempt: 1,
  startedAt: '2026-01-02T03:04:06Z',
  durationSeconds: 0.25,
  status: 500,
  error: 'broke',
}

describe('queue', () => {
  it('lists queues with the functions whose calls wait there', async () => {
    await using rig = await CliRig.start()
    const one = {
      name: 'f',
      namespace: 'dev',
      pending: 3,
      inFlight: 1,
      delayed: 0,
      limit: 5,
      oldestAgeSeconds: 61.4,
    }
    const queues = [
      { queue: 'faas-request', paused: false, functions: [one] },
      { queue: 'mail', paused: true, functions: [] },
    ]
    rig.reply('GET', QUEUES, { body: JSON.stringify(queues) })

    const { stdout } = await rig.run(['queue', 'list'])

    assert.equal(
      stdout,
      'QUEUE         STATE   FUNCTION  WAITING  RUNNING  DELAYED  AT A TIME  OLDEST\n' +
        'faas-request  runs    f.dev     3        1        0        5          61 s\n' +
        'mail          paused            0        0        0\n',
    )
    assert.equal((await rig.run(['queue', 'ls', '--output', 'name'])).stdout, 'faas-request\nmail\n')
    assert.deepEqual(JSON.parse((await rig.run(['queue', 'ls', '-j'])).stdout), queues)
    assert.equal((await rig.run(['__complete', 'queue', 'pause', 'm'])).stdout, 'mail\n:4\n')
  })

  it('is paused, resumed and purged', async () => {
    await using rig = await CliRig.start()
    for (const action of ['pause', 'resume']) rig.reply('POST', `${QUEUES}/mail/${action}`, { status: 202 })
    rig.reply('DELETE', `${QUEUES}/mail`, { body: '{"purged":3}' })

    const all = [
      await rig.run(['queue', 'pause', 'mail']),
      await rig.run(['queue', 'resume', 'mail']),
      await rig.run(['queue', 'purge', 'mail', '--function', 'f', '-n', 'dev']),
    ]

    assert.equal(
      all.map(({ stdout }) => stdout).join(''),
      'Paused queue mail. Calls are taken and wait.\nResumed queue mail.\nCancelled 3 call(s) in mail.\n',
    )
    assert.equal(rig.asked[2], `DELETE ${QUEUES}/mail?function=f&namespace=dev`)
  })

  it('is purged at a terminal only by who says yes', async () => {
    await using rig = await CliRig.start()
    rig.reply('DELETE', `${QUEUES}/mail`, { body: '{"purged":3}' })

    const no = await rig.run(['queue', 'purge', 'mail'], { isTTY: true, stdin: 'n\n' })
    assert.deepEqual([no.status, rig.asked], [1, []])
    const yes = await rig.run(['queue', 'purge', 'mail'], { isTTY: true, stdin: 'y\n' })
    const told = await rig.run(['queue', 'purge', 'mail', '-y'], { isTTY: true })

    assert.match(no.stderr, /^Cancel all calls that wait in mail\? \[y\/N\] [^]*Nothing was done\n$/)
    assert.deepEqual([yes.status, told.status, told.stderr], [0, 0, ''])
  })

  it('says, when the gateway has none, why that may be', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', QUEUES, { status: 404, body: '404 page not found' }, { status: 401 })

    const none = await rig.run(['queue', 'list'])
    const unauthorized = await rig.run(['queue', 'list'])

    assert.match(none.stderr, /has no queue\nAsynchronous calls are switched off there/)
    assert.match(unauthorized.stderr, /Run: sampan login/)
  })
})

describe('calls', () => {
  it('lists page after page, with what the flags choose', async () => {
    await using rig = await CliRig.start()
    const clock = { ...systemClock, wall: () => Date.parse('2026-01-02T04:00:00Z') }
    rig.reply(
      'GET',
      CALLS,
      { body: JSON.stringify({ calls: [CALL], next: '01J' }) },
      { body: '{"calls":[]}' },
    )

    const { stdout } = await rig.run(
      [
        'calls',
        'list',
        '--state',
        'dead',
        '--function',
        'f',
        '--since',
        '1h',
        '--call-id',
        'c1',
        '--limit',
        '1500',
      ],
      { clock },
    )

    assert.equal(
      stdout,
      'CALL ID  FUNCTION       STATE  STATUS  TRIES  QUEUED\nc1       f.openfaas-fn  dead   500     2      2026-01-02T03:04:05Z\n',
    )
    assert.equal(
      rig.asked[0],
      `GET ${CALLS}?function=f&since=2026-01-02T03%3A00%3A00.000Z&state=dead&callId=c1&limit=1000`,
    )
    assert.match(rig.asked[1] ?? '', /&limit=1000&cursor=01J$/)
  })

  it('refuses what chooses nothing that there is', async () => {
    await using rig = await CliRig.start()

    for (const words of [
      ['--limit', '0'],
      ['-n', 'dev'],
      ['--state', 'lost'],
    ])
      assert.notEqual((await rig.run(['calls', 'list', ...words])).status, 0)
    assert.deepEqual(rig.asked, [])
  })

  it('shows a call with its executions, and finds one whose id has a slash', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', `${CALLS}/c1`, { body: JSON.stringify([{ ...CALL, attempts: [ATTEMPT] }]) })
    rig.reply('GET', CALLS, { body: JSON.stringify({ calls: [{ ...CALL, callId: 'a/b' }] }) })

    const shown = await rig.run(['calls', 'show', 'c1'])
    const slash = await rig.run(['calls', 'show', 'a/b', '-j'])

    assert.match(
      shown.stdout,
      /^Call id: +c1\nFunction: +f\.openfaas-fn\n[^]*State: +dead, attempts_exhausted\n/,
    )
    assert.match(
      shown.stdout,
      /\nTRY +STARTED +TOOK +STATUS +ERROR\n1 +2026-01-02T03:04:06Z +0\.250 s +500 +broke\n$/,
    )
    assert.equal((JSON.parse(slash.stdout) as { callId: string }[])[0]?.callId, 'a/b')
    assert.match(rig.asked[1] ?? '', /callId=a%2Fb/)
  })

  it('cancels each, and fails when one had ended', async () => {
    await using rig = await CliRig.start()
    rig.reply('DELETE', '/async-function/a', { status: 202 })
    rig.reply('DELETE', '/async-function/b', { status: 409, body: 'it has ended' })

    const { status, stdout, stderr } = await rig.run(['calls', 'cancel', 'b', 'a'])

    assert.deepEqual([status, stdout, stderr], [1, 'Cancelled a.\n', 'b: it has ended\n1 of 2 failed: b\n'])
  })

  it('shows a kept answer; its status is that of the function', async () => {
    await using rig = await CliRig.start()
    rig.reply(
      'GET',
      `${CALLS}/c1/result`,
      { status: 425 },
      { body: Buffer.of(0xff, 0), headers: { 'X-Function-Status': '200' } },
      { body: 'oh', headers: { 'X-Function-Status': '500' } },
    )
    const result = ['calls', 'result', 'c1']

    const [early, well, broken] = [await rig.run(result), await rig.run(result), await rig.run(result)]

    assert.match(early.stderr, /^Call c1 has not ended: [^]*--wait/)
    assert.deepEqual([well.status, well.bytes], [0, Buffer.of(0xff, 0)])
    assert.deepEqual([broken.status, broken.stdout, broken.stderr], [1, 'oh', 'The function answered 500.\n'])
  })
})

describe('dead-letters', () => {
  it('lists and shows them, and the bytes that they were to bring', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', LETTERS, { body: JSON.stringify({ deadLetters: [CALL] }) })
    const more = { attempts: [ATTEMPT], method: 'POST', path: '/a', bodyBytes: 2, lastAnswer: 'oh no' }
    rig.reply('GET', `${LETTERS}/01J`, { body: JSON.stringify({ ...CALL, ...more }) })
    rig.reply(
      'GET',
      `${LETTERS}/01J/body`,
      { body: Buffer.of(0xff, 0) },
      { status: 404, body: 'its body is lost' },
    )

    const listed = await rig.run(['dead-letters', 'list', '--reason', 'attempts_exhausted'])
    const shown = await rig.run(['dead-letters', 'show', '01J'])
    const body = await rig.run(['dead-letters', 'show', '01J', '--body'])
    const lost = await rig.run(['dead-letters', 'show', '01J', '--body'])

    assert.match(
      listed.stdout,
      /\n01J +f\.openfaas-fn +attempts_exhausted +500 +2 +2026-01-02T03:04:05Z +c1\n$/,
    )
    assert.equal(rig.asked[0], `GET ${LETTERS}?reason=attempts_exhausted&limit=100`)
    assert.match(shown.stdout, /^Request: {2}POST \/a, 2 bytes[^]*\nLast answer:\noh no\n$/)
    assert.deepEqual(body.bytes, Buffer.of(0xff, 0))
    assert.deepEqual([lost.status, lost.stderr], [1, 'Its body is lost\n'])
  })

  it('are replayed and deleted by their ids, or as flags choose', async () => {
    await using rig = await CliRig.start()
    const clock = { ...systemClock, wall: () => Date.parse('2026-01-02T00:00:00Z') }
    rig.reply('POST', `${LETTERS}/01J/replay`, { status: 202 })
    rig.reply('DELETE', `${LETTERS}/01J`, { status: 202 })
    rig.reply('POST', `${LETTERS}/replay`, { body: '{"replayed":2}' })
    rig.reply('DELETE', LETTERS, { body: '{"removed":4}' })

    const all = [
      await rig.run(['dead-letters', 'replay', '01J']),
      await rig.run(['dead-letters', 'delete', '01J']),
      await rig.run(['dead-letters', 'replay', '--function', 'f']),
      await rig.run(['dead-letters', 'rm', '--before', '24h'], { clock }),
      await rig.run(['dead-letters', 'delete', '--all']),
    ]

    assert.equal(
      all.map(({ stdout }) => stdout).join(''),
      'Replayed 01J.\nRemoved 01J.\nReplayed 2 dead letter(s).\nRemoved 4 dead letter(s).\nRemoved 4 dead letter(s).\n',
    )
    assert.deepEqual(rig.asked.slice(2), [
      `POST ${LETTERS}/replay?function=f`,
      `DELETE ${LETTERS}?before=2026-01-01T00%3A00%3A00.000Z`,
      `DELETE ${LETTERS}`,
    ])
  })

  it('are not all meant when none is named', async () => {
    await using rig = await CliRig.start()

    const none = await rig.run(['dead-letters', 'delete'])
    const both = await rig.run(['dead-letters', 'delete', '01J', '--all'])

    assert.deepEqual([none.status, both.status, rig.asked], [1, 1, []])
    assert.match(none.stderr, /^Which dead letters\?\n[^]*--all/)
  })
})
