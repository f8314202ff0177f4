import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call, CallSink, RunningCall } from '../../src/core/calls/call.ts'
import { callCollected, type CollectedAnswer } from '../../src/core/calls/call-collected.ts'
import { FaasError } from '../../src/core/errors.ts'

const CALL: Call = {
  fn: 'echo',
  method: 'GET',
  path: '/',
  rawHeaders: [],
  body: null,
  rawTrailers: [],
  callId: 'c',
  startTime: '1',
  forwardedFor: null,
  forwardedHost: null,
  forwardedPrefix: null,
}

function collected(
  speak: (sink: CallSink) => void,
  { mostBytes = 100, signal = new AbortController().signal } = {},
): { readonly answer: Promise<CollectedAnswer>; readonly cancelled: readonly number[] } {
  const cancelled: number[] = []
  const invoke = (_call: Call, sink: CallSink): RunningCall => {
    speak(sink)
    return { resume: () => {}, cancel: (countAs) => cancelled.push(countAs) }
  }
  return { answer: callCollected(invoke, CALL, { mostBytes, signal }), cancelled }
}

describe('a call whose whole answer is waited for', () => {
  it('has it, with bytes of its own', async () => {
    const chunk = Buffer.from('ab')
    const { answer } = collected((sink) => {
      sink.onInterim(103, [])
      sink.onStart(201, ['A', 'b'], -1)
      assert.equal(sink.onData(chunk), true)
      chunk.write('cd')
      sink.onData(chunk)
      sink.onEnd([])
    })

    const { body, ...rest } = await answer
    assert.deepEqual(rest, { status: 201, rawHeaders: ['A', 'b'], isCut: false })
    assert.equal(Buffer.from(body).toString(), 'abcd')
  })

  it('has the beginning of one that is longer than wanted, and says so', async () => {
    for (const [mostBytes, kept, isCut] of [
      [5, 'abcde', true],
      [6, 'abcdef', false],
      [0, '', true],
    ] as const) {
      const { answer } = collected(
        (sink) => {
          sink.onStart(200, [], 6)
          for (const text of ['abc', 'def']) sink.onData(Buffer.from(text))
          sink.onEnd([])
        },
        { mostBytes },
      )
      const { body, isCut: was } = await answer
      assert.deepEqual([Buffer.from(body).toString(), was], [kept, isCut])
    }
  })

  it('fails as the call does', async () => {
    const { answer } = collected((sink) => sink.onError(new FaasError('unavailable', 'no replica')))
    await assert.rejects(answer, { code: 'unavailable', message: 'no replica' })
  })

  it('is cancelled with its signal, before, while and after it runs', async () => {
    let isInvoked = false
    const before = collected(() => (isInvoked = true), { signal: AbortSignal.abort() })
    await assert.rejects(before.answer, { code: 'cancelled' })
    assert.equal(isInvoked, false)

    const controller = new AbortController()
    const { signal } = controller
    const running = collected((sink) => sink.onStart(200, [], -1), { signal })
    const over = collected(
      (sink) => {
        sink.onStart(200, [], 0)
        sink.onEnd([])
      },
      { signal },
    )
    await over.answer
    controller.abort()
    await assert.rejects(running.answer, { code: 'cancelled' })

    assert.deepEqual([running.cancelled, over.cancelled], [[499], []])
  })
})
