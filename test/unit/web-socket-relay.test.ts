import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { closeFrame, WebSocketRelay } from '../../src/gateway/calls/web-socket-relay.ts'

const MASK = Buffer.from([1, 2, 3, 4])

/** A frame of `length` bytes, as long a head as that needs. */
function frame(length: number, isMasked: boolean): Buffer {
  const bit = isMasked ? 0x80 : 0
  const short = length < 126 ? length : length < 65_536 ? 126 : 127
  const extended = Buffer.alloc(short === 127 ? 8 : short === 126 ? 2 : 0)
  if (short === 126) extended.writeUInt16BE(length)
  if (short === 127) extended.writeBigUInt64BE(BigInt(length))
  const head = [Buffer.from([0x82, bit | short]), extended, ...(isMasked ? [MASK] : [])]
  return Buffer.concat([...head, Buffer.alloc(length, 0x88)])
}

function passed(relay: WebSocketRelay): Buffer {
  return Buffer.concat([relay.read() ?? Buffer.alloc(0)])
}

const CLOSE = closeFrame('server')

describe('the relay of a WebSocket', () => {
  for (const isMasked of [true, false]) {
    const frames = [0, 1, 125, 126, 300, 66_000].map((length) => frame(length, isMasked))
    const whole = Buffer.concat(frames)
    const starts = frames.map((_, at) => Buffer.concat(frames.slice(0, at)).length)
    const borders = new Set([...starts, whole.length])

    it(`puts a close frame between two ${isMasked ? 'masked' : 'unmasked'} frames, wherever the bytes were cut`, () => {
      const cuts = starts.flatMap((border) => [border, border + 1, border + 2, border + 5, border + 13])
      for (const cut of cuts.filter((at) => at < whole.length)) {
        const relay = new WebSocketRelay({ highWaterMark: 1 << 20 })
        relay.write(whole.subarray(0, cut))
        relay.close(CLOSE)
        relay.write(whole.subarray(cut))

        const out = passed(relay)
        const body = out.subarray(0, out.length - CLOSE.length)
        assert.ok(borders.has(body.length), `cut at ${cut}: ${body.length} is no border`)
        assert.deepEqual(body, whole.subarray(0, body.length))
        assert.deepEqual(out.subarray(body.length), CLOSE)
      }
    })
  }

  it('passes everything on unchanged in pieces of one byte', () => {
    const bytes = Buffer.concat([frame(3, true), frame(200, false)])
    const relay = new WebSocketRelay()

    for (const byte of bytes) relay.write(Buffer.from([byte]))

    assert.deepEqual(passed(relay), bytes)
  })

  it('sends nothing behind a close frame, and no second one', () => {
    const relay = new WebSocketRelay()

    relay.close(CLOSE)
    relay.close(CLOSE)
    relay.write(frame(5, false))

    assert.deepEqual(passed(relay), CLOSE)
  })

  it('waits for the end of the frame under way', () => {
    const relay = new WebSocketRelay()
    const bytes = frame(10, true)
    relay.write(bytes.subarray(0, 8))
    relay.close(CLOSE)
    assert.deepEqual(passed(relay), bytes.subarray(0, 8))

    relay.write(bytes.subarray(8))

    assert.deepEqual(passed(relay), Buffer.concat([bytes.subarray(8), CLOSE]))
  })
})

describe('a close frame', () => {
  it('says that this side goes away, masked where a client would send it', () => {
    const masked = closeFrame('client')
    const code = [0, 1].map((at) => (masked[6 + at] ?? 0) ^ (masked[2 + at] ?? 0))

    assert.deepEqual([...closeFrame('server')], [0x88, 2, 0x03, 0xe9])
    assert.deepEqual([...masked.subarray(0, 2), ...code], [0x88, 0x82, 0x03, 0xe9])
  })
})
