import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CliRig, type ScriptedReply } from '../fixtures/cli-rig.ts'

describe('invoke --async --wait', () => {
  const CALL = '/system/async/calls/c%2F1'

  async function queued(...results: readonly ScriptedReply[]): Promise<CliRig> {
    const rig = await CliRig.start()
    const headers = { 'X-Call-Id': 'c/1' }
    rig.reply('POST', '/async-function/f.openfaas-fn', { status: 202, headers })
    rig.reply('GET', `${CALL}/result`, ...results)
    return rig
  }

  const WAIT = ['invoke', 'f', '--async', '--wait', '--token', 't', '--data', 'x']

  it('shows the kept answer when the call has ended', async () => {
    await using rig = await queued(
      { status: 425 },
      { body: Buffer.of(0xff), headers: { 'X-Function-Status': '201' } },
    )

    const { status, bytes, stderr } = await rig.run(WAIT)

    assert.deepEqual([status, bytes, stderr], [0, Buffer.of(0xff), 'Function submitted asynchronously.\n'])
    assert.equal(rig.requests[0]?.headers['x-async-store'], '1')
    assert.deepEqual(
      rig.requests.map(({ headers }) => headers.authorization),
      [undefined, 'Bearer t', 'Bearer t'],
    )
  })

  it('fails as the function failed', async () => {
    await using rig = await queued({ body: 'broken', headers: { 'X-Function-Status': '500' } })

    const { status, stdout, stderr } = await rig.run(WAIT)

    assert.deepEqual([status, stdout], [1, ''])
    assert.match(stderr, /unexpected status code: 500 - broken\n/)
  })

  it('says why there will never be an answer', async () => {
    await using rig = await queued({ status: 404, body: 'was not kept' })
    rig.reply('GET', CALL, { body: '[{"state":"dead","reason":"expired","error":"too late"}]' })

    const { status, stderr } = await rig.run(WAIT)

    assert.equal(status, 1)
    assert.match(
      stderr,
      /^Function submitted asynchronously\.\nCall c\/1 has no answer: it is dead, expired, too late\n/,
    )
  })

  it('waits no longer than it may, and is no way to make a usual call', async () => {
    await using rig = await queued({ status: 425 })

    const late = await rig.run([...WAIT, '--timeout', '300ms'])
    const usual = await rig.run(['invoke', 'f', '--wait'])

    assert.match(late.stderr, /\nNo answer within 300ms\n/)
    assert.match(usual.stderr, /Say --async, too/)
  })
})
