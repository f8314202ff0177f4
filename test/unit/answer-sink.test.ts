import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { RunningCall } from '../../src/core/calls/call.ts'
import { FaasError } from '../../src/core/errors.ts'
import { isSpooled } from '../../src/queue/job/envelope.ts'
import { AnswerSink, type AnswerSinkOptions } from '../../src/queue/run/answer-sink.ts'
import { Spool } from '../../src/queue/spool.ts'
import { eventually } from '../fakes/eventually.ts'
import { temporaryFolder } from '../fixtures/nats.ts'

class RecordedCall implements RunningCall {
  readonly cancelled: number[] = []
  resumed = 0

  resume(): void {
    this.resumed += 1
  }

  cancel(countAs: number): void {
    this.cancelled.push(countAs)
  }
}

interface Rig extends AsyncDisposable {
  readonly spool: Spool
  readonly dir: string
  sink(options?: Partial<AnswerSinkOptions>): AnswerSink
}

async function rigOf(mostBytes = 1_000_000): Promise<Rig> {
  const folder = await temporaryFolder()
  const dir = join(folder.path, 'spool')
  const spool = new Spool(dir, mostBytes)
  await spool.open()
  return {
    spool,
    dir,
    sink: (options = {}) =>
      new AnswerSink({
        spool,
        file: 'a.answer',
        wish: 'any',
        inlineBytes: 100,
        mostBytes: 10_000,
        lastWordBytes: 16,
        ...options,
      }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

const pieces = (count: number): Buffer[] => Array.from({ length: count }, (_, at) => Buffer.alloc(60, at + 1))

describe('the answer of an asynchronous call', () => {
  it('stays in memory when it is small, and the bytes are its own', async () => {
    await using rig = await rigOf()
    const sink = rig.sink()
    const chunk = Buffer.from('hello')

    sink.onStart(200, ['A', 'b'], 5)
    assert.equal(sink.onData(chunk), true)
    chunk.fill(0)
    sink.onEnd()
    const { ending, body, lastWords } = await sink.answer

    assert.deepEqual(ending, { kind: 'answered', status: 200, rawHeaders: ['A', 'b'] })
    assert.equal(Buffer.from(body as Uint8Array).toString(), 'hello')
    assert.equal(Buffer.from(lastWords).toString(), 'hello')
    assert.equal(rig.spool.usedBytes, 0)
  })

  it('goes to a file when it is large, whole, and the function is held back meanwhile', async () => {
    await using rig = await rigOf()
    const sink = rig.sink()
    const call = new RecordedCall()
    sink.attach(call)

    sink.onStart(200, [], -1)
    const goesOn = pieces(10).map((piece) => sink.onData(piece))
    sink.onEnd()
    const { body } = await sink.answer

    assert.deepEqual([goesOn[0], goesOn.at(-1)], [true, false])
    assert.ok(call.resumed > 0)
    assert.deepEqual(body, { file: 'a.answer', size: 600 })
    assert.ok(readFileSync(join(rig.dir, 'a.answer')).equals(Buffer.concat(pieces(10))))
    assert.equal(rig.spool.usedBytes, 600)
  })

  it('is a file whatever its size when that is wanted, and nothing when nobody wants it', async () => {
    await using rig = await rigOf()
    const [kept, dropped] = [rig.sink({ wish: 'file' }), rig.sink({ wish: 'none', mostBytes: 1 })]
    for (const sink of [kept, dropped]) {
      sink.onStart(200, [], 2)
      sink.onData(Buffer.from('hi'))
      sink.onEnd()
    }

    assert.deepEqual((await kept.answer).body, { file: 'a.answer', size: 2 })
    const { body, lastWords } = await dropped.answer
    assert.deepEqual([body, Buffer.from(lastWords).toString()], [null, 'hi'])
  })

  it('an answer that is too large is a failure, and the function is told at once, however it says its size', async () => {
    await using rig = await rigOf()
    for (const length of [10_001, -1]) {
      const sink = rig.sink()
      const call = new RecordedCall()
      sink.attach(call)
      sink.onStart(200, [], length)
      for (let sent = 0; sent <= 10_000; sent += 1_000) sink.onData(Buffer.alloc(1_000))
      sink.onEnd()

      const { ending, body } = await sink.answer
      assert.ok(ending.kind === 'failed' && ending.error.code === 'too-large')
      assert.deepEqual([body, call.cancelled.length > 0], [null, true])
    }
    assert.deepEqual([readdirSync(rig.dir), rig.spool.usedBytes], [[], 0])
  })

  it('an answer that was refused before its call was known ends the call as soon as it is', async () => {
    await using rig = await rigOf()
    const sink = rig.sink()
    const call = new RecordedCall()

    sink.onStart(200, [], 10_001)
    sink.attach(call)

    assert.deepEqual(call.cancelled, [499])
  })

  it('an answer that finds no room in the spool is a failure, also when it has come to its end by then', async () => {
    await using rig = await rigOf(200)
    for (const wish of ['any', 'file'] as const) {
      const sink = rig.sink({ wish })
      sink.onStart(200, [], -1)
      for (const piece of pieces(10)) sink.onData(piece)
      sink.onEnd()

      const { ending, body } = await sink.answer
      assert.ok(ending.kind === 'failed' && ending.error.code === 'bad-gateway')
      assert.match(ending.error.message, /SAMPAN_ASYNC_SPOOL/)
      assert.equal(body, null)
    }
    assert.deepEqual([readdirSync(rig.dir), rig.spool.usedBytes], [[], 0])
  })

  it('an answer that cannot be written is a failure wherever the disk fails, and leaves no file', async () => {
    for (const failing of ['write', 'finish'] as const) {
      await using rig = await rigOf()
      const create = rig.spool.create.bind(rig.spool)
      rig.spool.create = async (name) => {
        const file = await create(name)
        Object.assign(file, { [failing]: () => Promise.reject(new Error('ENOSPC')) })
        return file
      }
      const sink = rig.sink()
      sink.onStart(200, [], -1)
      for (const piece of pieces(10)) sink.onData(piece)
      sink.onEnd()

      const { ending } = await sink.answer
      assert.ok(ending.kind === 'failed' && ending.error.message.includes('ENOSPC'))
      assert.deepEqual([readdirSync(rig.dir), rig.spool.usedBytes], [[], 0])
    }
  })

  it('can be cancelled at every moment: the answer is one, and no unfinished file stays', async () => {
    for (let moment = 0; moment <= 13; moment += 1) {
      await using rig = await rigOf()
      const sink = rig.sink()
      const call = new RecordedCall()
      sink.attach(call)
      const steps = [
        () => sink.onStart(200, [], -1),
        ...pieces(10).map((piece) => () => void sink.onData(piece)),
        () => sink.onEnd(),
      ]
      for (const [at, step] of steps.entries()) {
        if (at === moment) sink.cancel()
        step()
        await new Promise((resolve) => setImmediate(resolve))
      }
      sink.cancel()

      const { ending, body } = await sink.answer
      if (moment < steps.length) assert.ok(ending.kind === 'failed' && ending.error.code === 'cancelled')
      assert.equal(call.cancelled.length, moment < steps.length ? 1 : 0)
      const files = isSpooled(body) ? ['a.answer'] : []
      await eventually(() => readdirSync(rig.dir).length === files.length)
      assert.deepEqual([readdirSync(rig.dir), rig.spool.usedBytes], [files, isSpooled(body) ? 600 : 0])
    }
  })

  it('is the failure of its call when there is none', async () => {
    await using rig = await rigOf()
    const sink = rig.sink()

    sink.onError(new FaasError('timed-out', 'too slow'))
    sink.onError(new FaasError('unavailable', 'again'))
    const { ending } = await sink.answer

    assert.ok(ending.kind === 'failed' && ending.error.code === 'timed-out')
  })
})
