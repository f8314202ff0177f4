import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

const PROGRAM = resolve('dist/src/cli/main.js')

/** The program as a process, against the gateway of a rig. */
function start(rig: CliRig, words: readonly string[]) {
  const env = { HOME: rig.home, OPENFAAS_URL: rig.url, PATH: process.env['PATH'] ?? '' }
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    env,
    cwd: rig.cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part))
  const ended = once(child, 'close').then(([status, signal]) => ({
    status: status as number | null,
    signal: signal as string | null,
    stderr,
  }))
  return { child, ended }
}

const MANY = JSON.stringify(
  Array.from({ length: 20_000 }, (_, at) => ({
    name: `function-${at}`,
    image: 'example/image:1',
    replicas: 1,
  })),
)

describe('the command line as a process', () => {
  it('18.6.88: ends well when whoever reads its output has seen enough', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/functions', { body: MANY })
    const { child, ended } = start(rig, ['list'])

    await once(child.stdout, 'data')
    child.stdout.destroy()

    assert.deepEqual(await ended, { status: 0, signal: null, stderr: '' })
  })

  it('18.6.88: writes all of a large output into a pipe that is read slowly', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/functions', { body: MANY })
    const { child, ended } = start(rig, ['list', '-q'])
    let lines = 0
    for await (const chunk of child.stdout) {
      lines += String(chunk).split('\n').length - 1
      await new Promise((resume) => setImmediate(resume))
    }

    assert.equal((await ended).status, 0)
    assert.equal(lines, 20_000)
  })

  it('18.6.88: ends by SIGINT while it follows logs, with 130 and without a stack', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/logs', { stream: (response) => response.writeHead(200).flushHeaders() })
    const { child, ended } = start(rig, ['logs', 'f'])
    child.stdout.resume()
    await eventually(() => rig.requests.length > 0)

    child.kill('SIGINT')

    const { status, stderr } = await ended
    assert.equal(status, 130)
    assert.doesNotMatch(stderr, /\bat .*:\d+/)
  })

  it('18.6.88: reads a standard input that is closed as empty', async () => {
    await using rig = await CliRig.start()
    rig.reply('POST', '/function/f.openfaas-fn', { body: 'answer' })
    const { child, ended } = start(rig, ['invoke', 'f'])
    child.stdin.end()
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part))

    assert.equal((await ended).status, 0)
    assert.equal(text, 'answer')
  })
})
