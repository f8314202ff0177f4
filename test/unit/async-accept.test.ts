import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { readAsyncHeaders } from '../../src/queue/accept/async-headers.ts'
import { BodyReader } from '../../src/queue/accept/body-reader.ts'
import { isSpooled } from '../../src/queue/job/envelope.ts'
import { Spool } from '../../src/queue/spool.ts'
import { eventually } from '../fakes/eventually.ts'
import { temporaryFolder } from '../fixtures/nats.ts'

const MIB = 1024 * 1024

describe('the headers of an asynchronous call', () => {
  const read = (...raw: string[]) => readAsyncHeaders(raw, () => true)

  it('are taken apart into what is for us and what is for the function', () => {
    const headers = read(
      'X-Callback-Url',
      'http://caller/',
      'x-async-delay',
      '1m30s',
      'X-ASYNC-TTL',
      '1h',
      'X-Async-Store',
      '1',
      'Idempotency-Key',
      'k',
      'X-A',
      '1',
      'x-a',
      '2',
      'Host',
      'gateway',
      'Content-Length',
      '5',
      'Expect',
      '100-continue',
    )
    assert.deepEqual(headers, {
      rawHeaders: ['Idempotency-Key', 'k', 'X-A', '1', 'x-a', '2'],
      callback: 'http://caller/',
      delayMs: 90_000,
      ttlMs: 3_600_000,
      keepsResult: true,
      idempotencyKey: 'k',
    })
  })

  it('need not be there, and may be empty', () => {
    const none = {
      rawHeaders: [],
      callback: null,
      delayMs: 0,
      ttlMs: null,
      keepsResult: false,
      idempotencyKey: null,
    }
    assert.deepEqual(read(), none)
    assert.deepEqual(read('X-Callback-Url', ''), none)
    assert.equal(read('Idempotency-Key', '').idempotencyKey, null)
    assert.equal(read('X-Async-Store', 'false').keepsResult, false)
  })

  it('pass credentials on only where the function may see them', () => {
    const raw = ['Authorization', 'Basic ours', 'authorization', 'Bearer theirs']
    const { rawHeaders } = readAsyncHeaders(raw, (value) => value !== 'Basic ours')
    assert.deepEqual(rawHeaders, ['authorization', 'Bearer theirs'])
  })

  it('are refused by name when they make no sense', () => {
    const bad: readonly [readonly string[], RegExp][] = [
      [['X-Async-Delay', '-1s'], /^X-Async-Delay: /],
      [['X-Async-Delay', 'soon'], /^X-Async-Delay: /],
      [['X-Async-Delay', ''], /^X-Async-Delay: /],
      [['X-Async-Delay', '721h'], /^X-Async-Delay: must be at most 720h/],
      [['X-Async-Delay', '9'.repeat(64)], /^X-Async-Delay: /],
      [['X-Async-Delay', '9'.repeat(5_000)], /^X-Async-Delay: /],
      [['X-Async-Ttl', '0'], /^X-Async-Ttl: /],
      [['X-Async-Ttl', '1e9'], /^X-Async-Ttl: /],
      [['X-Async-Store', 'yes'], /^X-Async-Store: /],
      [['Idempotency-Key', 'k'.repeat(256)], /^Idempotency-Key: /],
      [['X-Callback-Url', 'http://a/', 'x-callback-url', 'http://b/'], /is there twice/],
      [['X-Async-Delay', '1s', 'X-Async-Delay', '1s'], /is there twice/],
    ]
    for (const [raw, message] of bad) assert.throws(() => read(...raw), { code: 'invalid', message })
  })
})

async function* inPieces(...sizes: readonly number[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const size of sizes) yield Buffer.alloc(size, size)
}

describe('the body of an asynchronous call', () => {
  const limits = { inlineBytes: 100, mostBytes: 1_000 }

  it('stays in memory when it is small, and goes to a file when it is not', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 10_000)
    const reader = new BodyReader(spool, limits)

    assert.equal(await reader.read(null, 'a.body'), null)
    assert.equal(await reader.read(inPieces(), 'a.body'), null)
    const small = await reader.read(inPieces(50, 50), 'a.body')
    assert.ok(small instanceof Uint8Array && small.length === 100)
    assert.deepEqual(await reader.read(inPieces(50, 50, 1), 'a.body'), { file: 'a.body', size: 101 })
    assert.deepEqual(await reader.read(Buffer.alloc(101), 'b.body'), { file: 'b.body', size: 101 })
    assert.equal(spool.usedBytes, 202)
  })

  it('is refused above the limit before more is read, and leaves nothing', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 10_000)
    const reader = new BodyReader(spool, limits)
    let pieces = 0
    async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
      for (;;) {
        pieces += 1
        yield Buffer.alloc(300)
      }
    }

    assert.throws(() => reader.check(1_001), {
      code: 'too-large',
      message: /1000 bytes.*SAMPAN_ASYNC_MAX_BODY/,
    })
    reader.check(-1)
    await assert.rejects(reader.read(endless(), 'a.body'), { code: 'too-large' })
    await assert.rejects(reader.read(Buffer.alloc(1_001), 'a.body'), { code: 'too-large' })

    assert.deepEqual([pieces, readdirSync(folder.path), spool.usedBytes], [4, [], 0])
  })

  it('leaves nothing when its sender breaks off, or the spool is full', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 500)
    const reader = new BodyReader(spool, limits)
    async function* broken(): AsyncGenerator<Uint8Array, void, undefined> {
      yield* inPieces(90, 90)
      throw new Error('broke off')
    }

    await assert.rejects(reader.read(broken(), 'a.body'), /broke off/)
    await assert.rejects(reader.read(inPieces(300, 300), 'a.body'), {
      code: 'unavailable',
      message: /SAMPAN_ASYNC_SPOOL/,
      retryAfterS: 30,
    })

    assert.deepEqual([readdirSync(folder.path), spool.usedBytes], [[], 0])
  })

  it('takes no more memory of many callers at a time than all may have together', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 100 * MIB)
    const reader = new BodyReader(spool, { inlineBytes: 2 * MIB, mostBytes: 8 * MIB })
    const { promise, resolve } = deferred<void>()
    async function* slow(): AsyncGenerator<Uint8Array, void, undefined> {
      yield Buffer.alloc(MIB)
      await promise
    }

    const reading = Array.from({ length: 24 }, (_, at) => reader.read(slow(), `a${at}.body`))
    await eventually(() => spool.usedBytes === 8 * MIB)
    resolve()
    const bodies = await Promise.all(reading)

    assert.equal(bodies.filter((body) => isSpooled(body)).length, 8)
    // All that was counted is counted off again.
    const again = await Promise.all(
      Array.from({ length: 15 }, (_, at) => reader.read(inPieces(MIB), `b${at}.body`)),
    )
    assert.ok(again.every((body) => body instanceof Uint8Array))
  })
})
