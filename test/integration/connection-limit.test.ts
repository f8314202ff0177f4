import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { Listener } from '../../src/gateway/listener.ts'
import { eventually } from '../fakes/eventually.ts'

/** As `docs/security.md` says. */
const MOST = 10_000
const OURS = 3

const limits = readFileSync('/proc/self/limits', 'utf8')
const descriptors = Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? MOST * 2)
const skip =
  descriptors > MOST + 200 ? false : `SKIPPED: this process may have ${descriptors} descriptors only`

describe('the connections of a listener', { skip }, () => {
  it(`the connections of a listener are ${MOST}: a further one is closed, calls on those held go on, and a place is free when one closes`, async (test) => {
    const listener = new Listener(
      {
        request: (_req, res) => void res.end('well'),
        checkContinue: (_req, res) => void res.end(),
        upgrade: (_req, socket) => void socket.destroy(),
      },
      systemClock,
      // Silent ones must not be closed for that while this runs.
      300_000,
    )
    const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
    const ours = Array.from({ length: OURS }, () => connect(port, '127.0.0.1'))
    for (const socket of ours) await ask(socket)
    const holder = spawn(process.execPath, [
      resolve(import.meta.dirname, '../fixtures/connection-holder.js'),
      `${port}`,
      `${MOST - OURS}`,
    ])
    test.after(async () => {
      for (const socket of ours) socket.destroy()
      holder.kill('SIGKILL')
      await listener.close()
    })
    await once(holder.stdout, 'data')

    // The last ones may still be in the system's queue, before this one.
    assert.equal(await answerOfNewOne(port), '')
    for (const socket of ours) await ask(socket)
    assert.equal(holder.exitCode, null, 'those held stay')

    ours[0]?.destroy()
    await eventually(async () => (await answerOfNewOne(port)).startsWith('HTTP/1.1 200 '))
  })
})

/** One request on a connection that stays open; resolves when it was answered well. */
async function ask(socket: Socket): Promise<void> {
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  let answer = ''
  for await (const [chunk] of on(socket, 'data') as AsyncIterable<[Buffer]>) {
    answer += chunk.toString('latin1')
    if (answer.endsWith('well')) break
  }
  assert.match(answer, /^HTTP\/1\.1 200 /)
}

/** What a new connection gets for a request; empty when it is closed without an answer. */
async function answerOfNewOne(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await new Promise((end) => socket.on('close', end))
  return answer
}
