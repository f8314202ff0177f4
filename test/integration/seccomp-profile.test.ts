import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { seccompProfile } from '../../src/provider/docker/host/seccomp-profile.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'

/** What a program of Node does in its life: threads, children, files, sockets of each allowed kind, interfaces, random numbers. */
const LIFE = `
const { Worker } = require('node:worker_threads')
const { execFileSync } = require('node:child_process')
const { once } = require('node:events')
const { scryptSync, randomBytes } = require('node:crypto')
const assert = require('node:assert')
const fs = require('node:fs')
async function main() {
  const worker = new Worker('require("node:worker_threads").parentPort.postMessage(7)', { eval: true })
  assert.deepStrictEqual(await once(worker, 'message'), [7])
  assert.strictEqual(String(execFileSync('/bin/echo', ['child'])), 'child\\n')
  await fs.promises.writeFile('/tmp/file', 'text')
  assert.strictEqual(await fs.promises.readFile('/tmp/file', 'utf8'), 'text')
  for (const where of [{ port: 0, host: '127.0.0.1' }, { path: '/tmp/socket' }]) {
    const server = require('node:http').createServer((q, s) => s.end('answer')).listen(where)
    await once(server, 'listening')
    const to = where.path ? { socketPath: where.path } : { host: where.host, port: server.address().port }
    const [answer] = await once(require('node:http').get(to), 'response')
    assert.strictEqual(String((await answer.toArray())[0]), 'answer')
    server.close()
  }
  const udp = require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1')
  await once(udp, 'listening')
  udp.close()
  assert.ok(require('node:os').networkInterfaces().lo)
  scryptSync(randomBytes(8), 'salt', 16)
  await new Promise((resolve) => fs.watch('/tmp').on('change', resolve) && fs.writeFileSync('/tmp/other', ''))
  console.log('a whole life')
  process.exit(0)
}
main().catch((error) => { console.log(error); process.exit(1) })
`

describe('the seccomp profile', { skip: await skipWithoutDocker() }, () => {
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sampan-seccomp-'))
    await writeFile(join(folder, 'profile.json'), seccompProfile())
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('lets Node do all that a program of Node does', async () => {
    const libraries = ['/lib', '/lib64', '/usr/lib'].flatMap((path) => ['--volume', `${path}:${path}:ro`])
    const printed = await docker(
      'run',
      '--rm',
      '--network=none',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      `--security-opt=seccomp=${join(folder, 'profile.json')}`,
      ...libraries,
      '--volume',
      `${process.execPath}:/bin/node:ro`,
      await testImage('plain'),
      '/bin/node',
      '-e',
      LIFE,
    )

    assert.equal(printed, 'a whole life')
  })
})
