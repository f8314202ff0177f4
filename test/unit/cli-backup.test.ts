import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { BackupService } from '../../src/backup/backup-service.ts'
import { systemClock } from '../../src/clock.ts'
import { jsonLog } from '../../src/log.ts'
import { openRegistry } from '../../src/registry/registry.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

const LOG = jsonLog('error', () => undefined)
const ROUTE = ['POST', '/system/backup'] as const
const HEADERS = { 'content-length': '6' }

describe('sampan backup', () => {
  it('writes a file for this user alone, and says what is in it', async () => {
    await using rig = await CliRig.start()
    rig.reply(...ROUTE, { body: 'backup', headers: HEADERS })

    const all = await rig.run(['backup', 'all.tar'])
    const bare = await rig.run(['backup', 'bare.tar', '--without-secrets'])

    assert.deepEqual([all.status, bare.status], [0, 0])
    assert.equal(readFileSync(join(rig.cwd, 'all.tar'), 'utf8'), 'backup')
    assert.equal(statSync(join(rig.cwd, 'all.tar')).mode & 0o777, 0o600)
    assert.match(all.stderr, /to all\.tar\. It holds every secret and password/)
    assert.match(bare.stderr, /It has no secrets/)
    assert.deepEqual(rig.asked, ['POST /system/backup', 'POST /system/backup?without_secrets=1'])
  })

  it('passes it on to standard output, but not to a terminal', async () => {
    await using rig = await CliRig.start()
    rig.reply(...ROUTE, { body: 'backup', headers: HEADERS })

    const piped = await rig.run(['backup', '-'])
    const shown = await rig.run(['backup', '-'], { isTTY: true })

    assert.deepEqual([piped.status, piped.stdout], [0, 'backup'])
    assert.deepEqual([shown.status, shown.stdout], [1, ''])
  })

  it('keeps nothing of one that breaks off or is refused, and the one that was there', async () => {
    await using rig = await CliRig.start()
    rig.reply(
      ...ROUTE,
      {
        stream: (response) =>
          response.writeHead(200, { 'content-length': '100' }).write('a part', () => response.destroy()),
      },
      { status: 503, body: 'there is no room for a backup' },
    )
    writeFileSync(join(rig.cwd, 'kept.tar'), 'the one before')

    const broken = await rig.run(['backup', 'kept.tar'])
    const refused = await rig.run(['backup', 'kept.tar'])

    assert.deepEqual([broken.status, refused.status], [1, 1])
    assert.match(broken.stderr, /broke off after \d+ of 100 bytes: it was not kept/)
    assert.match(refused.stderr, /there is no room for a backup/)
    assert.equal(readFileSync(join(rig.cwd, 'kept.tar'), 'utf8'), 'the one before')
    assert.deepEqual(
      readdirSync(rig.cwd).filter((name) => name.startsWith('kept')),
      ['kept.tar'],
    )
  })
})

describe('sampan restore', () => {
  it('case 31: names the images that this host does not have, and the folder of what was there', async () => {
    await using rig = await CliRig.start()
    writeFileSync(join(rig.cwd, 'b.tar'), await backupOf(join(rig.cwd, 'old')))
    const env = { PATH: `${rig.home}/bin:${process.env['PATH'] ?? ''}` }
    mkdirSync(join(rig.home, 'bin'))
    writeFileSync(join(rig.home, 'bin', 'docker'), '#!/bin/sh\nprintf "here:latest\\nsha256:1\\n"\n')
    chmodSync(join(rig.home, 'bin', 'docker'), 0o755)

    const { status, stdout, stderr } = await rig.run(['restore', 'b.tar', '--data-dir', 'new'], { env })
    const again = await rig.run(['restore', 'b.tar', '--data-dir', 'new', '--replace'], { env })

    assert.equal(status, 0, stderr)
    assert.match(stdout, /^Restored into .*new: the state of /)
    assert.match(
      stderr,
      /^The image gone:1 of shop\.openfaas-fn is not here: .*docker save gone:1 \| ssh HOST docker load\n$/,
    )
    assert.match(again.stdout, /What was there before is in .*before-restore-\d{8}T\d{6}/)
    assert.ok(existsSync(join(rig.cwd, 'new', 'registry.db')))
  })
})

/** A backup of an empty registry whose functions run on three images. */
async function backupOf(dataDir: string): Promise<Buffer> {
  const registry = openRegistry(dataDir, LOG)
  try {
    const image = (name: string, artifact: string | null) => ({
      image: name,
      artifact,
      functions: ['shop.openfaas-fn'],
    })
    const { chunks, end } = await new BackupService({
      ports: {
        copyRegistry: (path, withSecrets) => registry.copyTo(path, withSecrets),
        queue: null,
        images: () => [image('here', null), image('renamed:1', 'sha256:1'), image('gone:1', 'sha256:2')],
      },
      dataDir,
      instance: 'test',
      build: { release: '1', sha: 'a' },
      clock: systemClock,
      log: LOG,
    }).begin(true)
    const parts: Uint8Array[] = []
    for await (const chunk of chunks) parts.push(chunk)
    end()
    return Buffer.concat(parts)
  } finally {
    registry.close()
  }
}
