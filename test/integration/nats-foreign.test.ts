import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { freePort } from '../fixtures/free-port.ts'
import { ForeignServer, JOBS, foreignLink, reasonOf, sessionOf, temporaryFolder } from '../fixtures/nats.ts'

const LOGIN = 'authorization { user: "me", password: "p@ss" }'

/** The address of a server with credentials in it. */
function withLogin({ url }: ForeignServer, password = 'p%40ss'): string {
  return url.replace('nats://', `nats://me:${password}@`)
}

describe("a link to somebody else's server", () => {
  it('logs in with user and password of the address', async () => {
    await using folder = await temporaryFolder()
    await using server = await ForeignServer.start(folder.path, LOGIN)
    await using link = foreignLink({ url: withLogin(server) })
    link.start()

    const session = await sessionOf(link)

    assert.equal((await session.js.publish('jobs.a', 'x')).stream, 'JOBS')
    const { isOwn, warnings } = link.status()
    assert.deepEqual({ isOwn, warnings, disk: link.diskReason() }, { isOwn: false, warnings: [], disk: '' })
  })

  it('says that credentials are wrong, without showing them, and goes on trying', async () => {
    await using folder = await temporaryFolder()
    await using server = await ForeignServer.start(folder.path, LOGIN)
    const log = new RecordingLog()
    await using link = foreignLink({ url: withLogin(server, 'hunter2') }, log)
    link.start()

    const reason = await reasonOf(link, /refuses the credentials/)

    assert.match(reason, new RegExp(new URL(server.url).host))
    await reasonOf(link, /refuses the credentials/)
    assert.doesNotMatch(JSON.stringify([link.status(), log.lines]), /hunter2/)
    assert.equal(log.named('nats lost').length, 1)
  })

  it('logs in with a token', async () => {
    await using folder = await temporaryFolder()
    await using server = await ForeignServer.start(folder.path, 'authorization { token: "secret" }')
    await using link = foreignLink({ url: server.url, token: 'secret' })
    link.start()

    await sessionOf(link)
  })

  it('comes back when a server that was away comes back, however often it was asked', async () => {
    await using folder = await temporaryFolder()
    const port = await freePort()
    const log = new RecordingLog()
    await using link = foreignLink({ url: `nats://127.0.0.1:${port}` }, log)
    link.start()
    await reasonOf(link, /no NATS server listens at 127\.0\.0\.1/)

    await using server = await ForeignServer.start(folder.path, `listen: "127.0.0.1:${port}"`)
    const first = await sessionOf(link)
    await first.js.publish('jobs.a', 'x')
    await server.stop()
    await reasonOf(link, /no NATS server listens/)
    // More often than the client by itself would try.
    await new Promise<void>((resolve, reject) => {
      const stop = link.watch(() => reject(new Error('a session without a server')))
      eventually(() => log.lines.length >= 4)
        .finally(stop)
        .then(resolve, reject)
    })
    await server.again()

    const second = await sessionOf(link, first)
    assert.equal((await second.jsm.streams.info('JOBS')).state.messages, 1)
    assert.equal(link.status().reconnects, 1)
    assert.equal(link.status().restarts.exit, 0)
  })

  it('leaves a server that does not answer what is published, says so, and tries again', async () => {
    await using folder = await temporaryFolder()
    await using server = await ForeignServer.start(folder.path)
    const log = new RecordingLog()
    await using link = foreignLink({ url: server.url }, log)
    link.start()
    const first = await sessionOf(link)

    link.suspectWrites()

    const second = await sessionOf(link, first)
    assert.notEqual(second, first)
    assert.match(JSON.stringify(log.named('nats lost')), /does not answer what is published/)
  })

  it('says that there is no JetStream', async () => {
    await using folder = await temporaryFolder()
    await using server = await ForeignServer.start(folder.path, '# no jetstream')
    await using link = foreignLink({ url: server.url })
    link.start()

    await reasonOf(link, /has no JetStream for us/)
  })

  it('says that the limits of the streams are above those of the server', async () => {
    await using folder = await temporaryFolder()
    const limits = `jetstream { store_dir: "${join(folder.path, 'store')}", max_file_store: 5000000 }`
    await using server = await ForeignServer.start(folder.path, limits)
    await using link = foreignLink({ url: server.url })
    link.start()

    await reasonOf(link, /no room for the stream DEAD.*max_file_store.*10047/)
  })

  it('says which stream has our subject, and which settings of a stream are foreign', async () => {
    await using folder = await temporaryFolder()
    await using server = await ForeignServer.start(folder.path)
    await using link = foreignLink({ url: server.url })
    link.start()
    const { nc } = await sessionOf(link)
    assert.equal(nc.isClosed(), false)
    const { jetstreamManager } = await import('@nats-io/jetstream')
    const { connect } = await import('@nats-io/transport-node')
    const other = await connect({ servers: new URL(server.url).host })
    try {
      const jsm = await jetstreamManager(other)
      const { config } = await jsm.streams.info('JOBS')
      await jsm.streams.update('JOBS', { ...config, discard: 'old' })
      const discard = await reasonOf(link, /the stream JOBS has discard "old", which must be "new"/)
      assert.match(discard, /delete the stream/)
      assert.equal((await jsm.streams.info('JOBS')).config.discard, 'old', 'it is left as it is')

      // The link makes the stream again as soon as it is gone: whoever is first.
      const instead = (stream: Parameters<typeof jsm.streams.add>[0]): Promise<void> =>
        eventually(async () => {
          await jsm.streams.delete('JOBS').catch(() => false)
          return (await jsm.streams.add(stream).catch(() => null)) !== null
        })
      await instead({ name: 'JOBS', subjects: ['jobs.>'], retention: 'limits', deny_delete: true })
      await reasonOf(link, /has retention "limits", which must be "workqueue".*has deny_delete true/)

      await instead({ name: 'THEIRS', subjects: ['jobs.a'] })
      await reasonOf(link, /the stream JOBS cannot be made: the stream THEIRS has the subject jobs\.>/)

      await jsm.streams.delete('THEIRS')
      const session = await sessionOf(link)
      assert.equal((await session.jsm.streams.info('JOBS')).config.max_bytes, JOBS.maxBytes)
    } finally {
      await other.close()
    }
  })

  it('speaks TLS with a server whose authority it was told, and says when it was not', async (t) => {
    const run = promisify(execFile)
    if (!(await run('openssl', ['version']).catch(() => undefined))) return t.skip('needs openssl')
    await using folder = await temporaryFolder()
    const [key, cert] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')]
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
    const kind = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ]
    await run('openssl', [...kind, '-keyout', key, '-out', cert, ...name])
    await using server = await ForeignServer.start(
      folder.path,
      `tls { cert_file: "${cert}", key_file: "${key}", ca_file: "${cert}", verify: true }`,
    )
    const url = `tls://${new URL(server.url).host}`

    await using link = foreignLink({ url, caFile: cert, certFile: cert, keyFile: key })
    link.start()
    await sessionOf(link)
    await using stranger = foreignLink({ url })
    stranger.start()
    await reasonOf(stranger, /certificate that is not trusted.*name the file of its authority/)
    await using without = foreignLink({ url, caFile: join(folder.path, 'missing.pem') })
    without.start()
    await reasonOf(without, /missing\.pem cannot be read/)
  })

  it('says what is wrong with an address, or a file of credentials', async () => {
    for (const [server, pattern] of [
      [{ url: 'http://127.0.0.1' }, /must begin with nats:\/\/ or tls:\/\//],
      [{ url: 'nonsense' }, /must begin with nats:\/\/ or tls:\/\//],
      [{ url: 'nats://name.invalid' }, /the name of the NATS server at name\.invalid is not known/],
      [{ url: 'nats://127.0.0.1', credentialsFile: '/missing.creds' }, /\/missing\.creds cannot be read/],
    ] as const) {
      await using link = foreignLink(server)
      link.start()
      await reasonOf(link, pattern)
    }
  })
})
