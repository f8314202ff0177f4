import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { lookAtHost } from '../../src/doctor/host-doctor.ts'

describe('the doctor beside a daemon that does not run', () => {
  let folder: string
  before(async () => void (folder = await mkdtemp(join(tmpdir(), 'sampan-doctor-'))))
  after(() => rm(folder, { recursive: true }))

  /** What it finds with these settings in the file of the service. */
  async function look(
    settings: string,
  ): Promise<ReadonlyMap<string, { readonly state: string; readonly text: string }>> {
    const settingsFile = join(folder, 'sampan.env')
    await writeFile(settingsFile, settings)
    const found = await lookAtHost({ env: {}, settingsFile, clock: systemClock })
    return new Map(found.map((finding) => [finding.check, finding]))
  }

  /** A program at a socket that answers as an engine does. */
  async function engine(
    answers: Readonly<Record<string, unknown>> | null,
  ): Promise<{ path: string; end: () => void }> {
    const path = join(folder, `engine-${Math.random()}.sock`)
    const server = createServer((request, response) => {
      if (answers !== null) response.end(JSON.stringify(answers[(request.url ?? '').split('/').at(-1) ?? '']))
    }).listen(path)
    await once(server, 'listening')
    return { path, end: () => server.close().closeAllConnections() }
  }

  it('reads the settings of the service, and says which are wrong', async () => {
    const found = await look(
      `SAMPAN_DATA_DIR=${folder}\nSAMPAN_LISTEN="nowhere"\nSAMPAN_DOCKER_HOST=unix://${folder}/none.sock\n`,
    )

    assert.equal(found.get('settings')?.state, 'bad')
    assert.match(found.get('settings')?.text ?? '', /SAMPAN_LISTEN/)
    assert.match(found.get('engine')?.text ?? '', /none\.sock: ENOENT/)
    assert.match(found.get('data-folder')?.text ?? '', new RegExp(folder))
  })

  it('case 39: recognises Podman by what it answers', async () => {
    const { path, end } = await engine({
      version: {
        ApiVersion: '1.41',
        Version: '4.3.1',
        MinAPIVersion: '1.24',
        Components: [{ Name: 'Podman Engine' }],
      },
      info: {
        SecurityOptions: ['name=seccomp,profile=default', 'name=rootless'],
        MemoryLimit: true,
        PidsLimit: true,
      },
    })
    try {
      const found = await look(`SAMPAN_DATA_DIR=${folder}\nSAMPAN_DOCKER_HOST=unix://${path}\n`)

      assert.match(found.get('engine')?.text ?? '', /4\.3\.1/)
      assert.deepEqual(
        [found.get('engine-kind')?.state, found.get('engine-kind')?.text],
        ['bad', 'the engine is rootless'],
      )
    } finally {
      end()
    }
  })

  it('ends when the engine never answers', async () => {
    const { path, end } = await engine(null)
    try {
      const found = await look(`SAMPAN_DATA_DIR=${folder}\nSAMPAN_DOCKER_HOST=unix://${path}\n`)

      assert.match(found.get('engine')?.text ?? '', /timeout/)
    } finally {
      end()
    }
  })
})
