import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { jetstreamManager, RetentionPolicy } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { eventually } from '../fakes/eventually.ts'
import { freePort } from '../fixtures/free-port.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { BUILT_SERVER, ForeignServer, temporaryFolder } from '../fixtures/nats.ts'
import { DaemonProcess } from './daemon-process.ts'
import { deployShell, shell } from './shell-function.ts'

const PATIENCE_MS = 30_000

/** Room for the streams as they are usually. */
async function foreignServer(config = 'listen: "127.0.0.1:-1"') {
  const folder = await temporaryFolder()
  const store = `jetstream { store_dir: "${join(folder.path, 'store')}", max_file_store: 1GB }`
  const server = await ForeignServer.start(folder.path, `${config}\n${store}`)
  const dispose = async (): Promise<void> => {
    await server.stop('SIGKILL')
    await folder[Symbol.asyncDispose]()
  }
  return { server, [Symbol.asyncDispose]: dispose }
}

/** Starts a daemon whose NATS is not well, and sees that all else goes on and that calls are kept. */
async function ailing(env: Readonly<Record<string, string>>, sentence: RegExp): Promise<DaemonProcess> {
  const daemon = await DaemonProcess.start({ SAMPAN_ASYNC: 'on', ...env })
  try {
    await deployShell(daemon, { service: 'recorder' })
    await eventually(async () => sentence.test(await health(daemon)), PATIENCE_MS, `it says ${sentence}`)
    assert.match(await daemon.log(), sentence)
    assert.equal(await shell(daemon, 'recorder', 'echo goes on'), 'goes on\n')
    assert.equal((await daemon.api('GET', '/system/functions')).status, 200)
    const accepted = await enqueue(daemon, 'echo ran >>/tmp/runs')
    assert.equal(accepted.status, 202)
    return daemon
  } catch (error) {
    await daemon[Symbol.asyncDispose]()
    throw error
  }
}

/** Without a restart of the daemon: it says so, and what was kept is made. */
async function healed(daemon: DaemonProcess): Promise<void> {
  const isWell = async (): Promise<boolean> => (await health(daemon)).includes('queue: ok')
  await eventually(isWell, PATIENCE_MS, 'the queue is well').catch(async (error: unknown) => {
    throw new Error(await health(daemon), { cause: error })
  })
  await eventually(
    async () => (await shell(daemon, 'recorder', 'cat /tmp/runs')) === 'ran\n',
    PATIENCE_MS,
    'what was accepted is made, once',
  )
  assert.equal((await enqueue(daemon, 'true')).status, 202)
}

/** The status of `/healthz` is not about the queue. */
async function health(daemon: DaemonProcess): Promise<string> {
  const answer = await fetch(`${daemon.url}/healthz?verbose=1`)
  assert.equal(answer.status, 200)
  return answer.text()
}

function enqueue(daemon: DaemonProcess, body: string): Promise<Response> {
  return fetch(`${daemon.url}/async-function/recorder`, { method: 'POST', body })
}

describe('a daemon whose queue cannot be reached', { skip: await skipWithoutDocker() }, () => {
  it('says that its nats-server is missing, keeps calls until its outbox is full, and heals when it comes', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'nats-server')
    await using daemon = await ailing({ SAMPAN_NATS_SERVER: path }, /there is no program at .*\/nats-server/)

    let refused: Response | undefined
    const filling = `true # ${'x'.repeat(200_000)}`
    for (let at = 0; at < 200 && refused === undefined; at += 1) {
      const answer = await enqueue(daemon, filling)
      if (answer.status === 202) await answer.arrayBuffer()
      else refused = answer
    }
    assert.equal(refused?.status, 503)
    assert.match(refused?.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    assert.match((await refused?.text()) ?? '', /cannot be taken now: there is no program at/)
    assert.equal(await shell(daemon, 'recorder', 'echo goes on'), 'goes on\n')

    await symlink(BUILT_SERVER, path)
    await healed(daemon)
  })

  it('says that nobody listens there, and heals when somebody does', async () => {
    const port = await freePort()
    const url = `nats://127.0.0.1:${port}`
    await using daemon = await ailing({ SAMPAN_NATS_URL: url }, /no NATS server listens at 127\.0\.0\.1/)

    await using _foreign = await foreignServer(`listen: "127.0.0.1:${port}"`)
    await healed(daemon)
  })

  it('says that its credentials are refused, without showing them, and heals when they are taken', async () => {
    const port = await freePort()
    const config = (password: string): string =>
      `listen: "127.0.0.1:${port}"\nauthorization { user: "me", password: "${password}" }`
    await using before = await foreignServer(config('another'))
    const url = `nats://me:hunter2@127.0.0.1:${port}`
    await using daemon = await ailing({ SAMPAN_NATS_URL: url }, /refuses the credentials/)
    assert.doesNotMatch((await daemon.log()) + (await health(daemon)), /hunter2/)

    await before.server.stop()
    await using _after = await foreignServer(config('hunter2'))
    await healed(daemon)
  })

  it('says which setting of a stream is another, and heals when that stream has gone', async () => {
    await using foreign = await foreignServer()
    const { server } = foreign
    await using nc = closing(await connect({ servers: new URL(server.url).host }))
    const jsm = await jetstreamManager(nc.connection)
    const other = { name: 'FAAS_ASYNC', subjects: ['faas.async.>'], retention: RetentionPolicy.Limits }
    await jsm.streams.add(other)
    await using daemon = await ailing(
      { SAMPAN_NATS_URL: server.url },
      /the stream FAAS_ASYNC has retention .* must be/,
    )

    await jsm.streams.delete('FAAS_ASYNC')
    await healed(daemon)
  })
})

function closing(connection: Awaited<ReturnType<typeof connect>>) {
  return { connection, [Symbol.asyncDispose]: () => connection.close() }
}
