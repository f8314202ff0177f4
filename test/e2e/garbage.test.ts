import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { peakGrowth } from '../fixtures/process-usage.ts'
import { DaemonProcess } from './daemon-process.ts'

const REQUESTS = 6_000
const AT_ONCE = 8
/** Without early collection the same requests leave 500 MB and more. */
const MOST_GROWTH_BYTES = 200e6

/** Nearly as many lines, and as many bytes, as a head may have; nobody looks at them, and each is an object or two. */
const LINES = `X-A: ${'v'.repeat(50)}\r\n`.repeat(990)
const REQUEST = `GET /system/info HTTP/1.1\r\nHost: localhost\r\n${LINES}\r\n`
const ANSWER = /^HTTP\/1\.1 401 [^]*invalid credentials\n$/

describe('garbage', { skip: await skipWithoutDocker() }, () => {
  it('garbage that clients without credentials make is collected before it takes the memory of the host', async (test) => {
    await using daemon = await DaemonProcess.start()
    const { port } = new URL(daemon.url)
    let left = REQUESTS
    const client = async (): Promise<void> => {
      const socket = connect(Number(port), '127.0.0.1').setEncoding('latin1')
      for (; left > 0; left -= 1) {
        socket.write(REQUEST)
        let answer = ''
        while (!answer.endsWith('credentials\n')) answer += String(await once(socket, 'data'))
        assert.match(answer, ANSWER)
      }
      socket.destroy()
    }

    const grownBytes = await peakGrowth(daemon.pid, async () => {
      await Promise.all(Array.from({ length: AT_ONCE }, client))
    })

    test.diagnostic(`${Math.round(grownBytes / 1e6)} MB more`)
    assert.ok(grownBytes < MOST_GROWTH_BYTES, `the daemon grew by ${Math.round(grownBytes / 1e6)} MB`)
  })
})
