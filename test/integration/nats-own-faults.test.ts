import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { BUILT_SERVER, ownLink, reasonOf, serversIn, sessionOf, temporaryFolder } from '../fixtures/nats.ts'

/** A program that says it is a nats-server of this version, and does `rest` when it is started as one. */
async function pretender(folder: string, version: string, rest = 'exit 0'): Promise<string> {
  const path = join(folder, 'pretender')
  await writeFile(
    path,
    `#!/bin/sh\n[ "$1" != --version ] || { echo "nats-server: v${version}"; exit 0; }\n${rest}\n`,
  )
  await chmod(path, 0o755)
  return path
}

describe('a server of our own that cannot be', () => {
  it('is missing', async () => {
    await using folder = await temporaryFolder()
    await using link = ownLink(folder.path, { builtPath: '/missing/nats-server', searchPath: '/missing' })
    link.start()

    await reasonOf(
      link,
      /nats-server is missing: neither \/missing\/nats-server nor one on the PATH.*build:nats/,
    )
  })

  it('is missing where the settings say', async () => {
    await using folder = await temporaryFolder()
    await using link = ownLink(folder.path, { serverPath: '/missing/server' })
    link.start()

    await reasonOf(link, /there is no program at \/missing\/server/)
  })

  it('is taken from the PATH when there is no other', async () => {
    await using folder = await temporaryFolder()
    const searchPath = join(BUILT_SERVER, '..')
    await using link = ownLink(folder.path, { builtPath: '/missing/nats-server', searchPath })
    link.start()

    await sessionOf(link)
    // Without setpriv on the PATH there is no lifeline; it is ended all the same.
    await link.stop()
    assert.deepEqual(await serversIn(folder.path), [])
  })

  it('is too old, and not started', async () => {
    await using folder = await temporaryFolder()
    const serverPath = await pretender(folder.path, '2.9.25')
    await using link = ownLink(join(folder.path, 'queue'), { serverPath })
    link.start()

    await reasonOf(link, /is nats-server 2\.9\.25, which is too old for queues.*2\.10/)
  })

  it('ends at once: its own words are the reason', async () => {
    await using folder = await temporaryFolder()
    const rest = 'echo "[1] [FTL] Can\'t start JetStream: mkdir /x: permission denied" >&2; exit 1'
    const serverPath = await pretender(folder.path, '2.14.10', rest)
    const log = new RecordingLog()
    await using link = ownLink(join(folder.path, 'queue'), { serverPath, log })
    link.start()

    await reasonOf(
      link,
      /nats-server ended \(status 1\): Can't start JetStream.*The daemon must own its data folder/,
    )
    assert.equal(log.named('nats-server')[0]?.level, 'error')
  })

  it('is a program of another kind', async () => {
    await using folder = await temporaryFolder()
    await using link = ownLink(folder.path, { serverPath: '/bin/true' })
    link.start()

    await reasonOf(link, /\/bin\/true does not say its version/)
  })

  it('never says that it is ready: it is ended when the daemon stops', async () => {
    await using folder = await temporaryFolder()
    const queue = join(folder.path, 'queue')
    // A shell that waits, so that its words are still those that it was started with.
    const serverPath = await pretender(folder.path, '2.14.10', 'mkfifo "$2.fifo"; read -r _ <"$2.fifo"')
    const link = ownLink(queue, { serverPath })
    link.start()
    await eventually(async () => (await serversIn(queue)).length > 0)

    await link.stop()

    assert.deepEqual(await serversIn(queue), [])
  })
})
