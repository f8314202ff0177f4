import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

const PROGRAM = resolve('dist/src/cli/main.js')

/** The program as a process, against the gateway of a rig. */
function start(rig: CliRig, words: readonly string[], path = process.env['PATH'] ?? '') {
  const env = { HOME: rig.home, OPENFAAS_URL: rig.url, PATH: path }
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

/** Also when nobody has asked for its status yet. */
async function hasEnded(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')
  return stat.includes(') Z')
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

  it('18.6.88: ends by SIGINT while it builds, with 130, and the docker that it had started ends, too', async () => {
    await using rig = await CliRig.start()
    const bin = join(rig.home, 'bin')
    await mkdir(join(rig.home, 'fn'))
    await mkdir(bin)
    await writeFile(
      join(bin, 'docker'),
      `#!/bin/sh\necho $$ > ${rig.home}/pid.new\nmv ${rig.home}/pid.new ${rig.home}/pid\nexec sleep 600\n`,
    )
    await chmod(join(bin, 'docker'), 0o755)
    await writeFile(join(rig.home, 'fn', 'Dockerfile'), 'FROM scratch\n')
    const words = ['build', '--image', 'i', '--name', 'fn', '--lang', 'dockerfile', '--handler', 'fn']
    const { child, ended } = start(rig, words, `${bin}:${process.env['PATH'] ?? ''}`)
    child.stdout.resume()
    await eventually(() => existsSync(join(rig.home, 'pid')), 20_000, 'docker runs')
    const docker = (await readFile(join(rig.home, 'pid'), 'utf8')).trim()

    child.kill('SIGINT')

    const { status, stderr } = await ended
    assert.equal(status, 130)
    assert.doesNotMatch(stderr, /\bat .*:\d+/)
    await eventually(() => hasEnded(docker), 10_000, 'docker has ended')
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
