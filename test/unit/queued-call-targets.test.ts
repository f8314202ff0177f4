import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Exchange } from '../../src/gateway/edge/exchange.ts'
import { GatewayServer } from '../../src/gateway/gateway-server.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { gatewayOptions } from '../fixtures/edge.ts'

/** What answers a request of `method` for `target`: a plane with the target as it got it, or the status line. */
async function answering(method: string, target: string, { hasQueue = true } = {}): Promise<string> {
  const plane = (name: string) => {
    return {
      handle: (exchange: Exchange, url: string) => exchange.answer(200, `${name} ${url}`),
      upgrade: (exchange: Exchange) => exchange.answer(500, ''),
    }
  }
  const server = new GatewayServer(
    {
      calls: plane('calls'),
      ...(hasQueue && { queue: plane('queue') }),
      api: ({ url }) => new Response(`api ${new URL(url).pathname}`),
      clock: systemClock,
      log: new RecordingLog(),
    },
    gatewayOptions(),
  )
  const { port } = await server.start()
  try {
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    socket.write(`${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    await once(socket, 'close')
    const [head = '', body = ''] = received.split('\r\n\r\n')
    const place = /^location: (.*)$/im.exec(head)?.[1]
    return head.startsWith('HTTP/1.1 200') ? body.trim() : `${head.slice(9, 12)} ${place ?? ''}`.trim()
  } finally {
    await server.stop(0)
  }
}

describe('the target of an asynchronous call', () => {
  const cases: readonly (readonly [method: string, target: string, answer: string])[] = [
    ['POST', '/async-function/f/a%20b/../c//d', 'queue /async-function/f/a%20b/../c//d'],
    ['GET', '/async-function/f', 'queue /async-function/f'],
    ['DELETE', '/async-function/a%20b', 'api /async-function/a%20b'],
    ['DELETE', 'http://a/async-function/x', 'api /async-function/x'],
    ['DELETE', '/async-function/../system/functions', '301 /system/functions'],
    ['DELETE', '/async-function/%2e%2e/system/functions', '301 /system/functions'],
    ['DELETE', '/async-function/a%zz', '400'],
  ]
  for (const [method, target, answer] of cases) {
    it(`the target of an asynchronous call, ${method} ${target}, is answered by: ${answer}`, async () => {
      assert.equal(await answering(method, target), answer)
    })
  }

  it('is that of a call where there is no queue, whatever the method', async () => {
    for (const method of ['POST', 'DELETE'])
      assert.equal(
        await answering(method, '/async-function/f', { hasQueue: false }),
        'calls /async-function/f',
      )
  })
})
