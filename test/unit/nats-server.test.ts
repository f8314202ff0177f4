import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeHealth } from '../../src/queue/nats/health.ts'
import { judgeVersion, parseVersion } from '../../src/queue/nats/nats-binary.ts'
import { isServerOf, startOf } from '../../src/queue/nats/orphans.ts'
import { fileStoreBytes, quote, serverConfig } from '../../src/queue/nats/server-config.ts'
import { ServerLog } from '../../src/queue/nats/server-log.ts'
import { parsePorts } from '../../src/queue/nats/server-ports.ts'
import { stopPatienceMs } from '../../src/queue/nats/server-process.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

describe('versions of nats-server', () => {
  it('are read from what a server prints', () => {
    assert.equal(parseVersion('nats-server: v2.14.10\n'), '2.14.10')
    assert.equal(parseVersion('nats-server: v2.15.0-RC.1'), '2.15.0-RC.1')
    assert.equal(parseVersion('something else 2.14'), undefined)
  })

  for (const [version, use] of [
    ['1.4.1', 'refused'],
    ['2.9.25', 'refused'],
    ['2.10.0', 'warned'],
    ['2.13.9', 'warned'],
    ['2.14.0', 'fine'],
    ['2.14.10', 'fine'],
    ['3.0.0', 'fine'],
  ] as const) {
    it(`${version} is ${use}`, () => {
      const verdict = judgeVersion(version, '/usr/sbin/nats-server')
      assert.equal(verdict.use, use)
      assert.equal(verdict.reason === '', use === 'fine')
      if (use !== 'fine')
        assert.match(verdict.reason, /^\/usr\/sbin\/nats-server is nats-server .*Take 2\.14 or newer/)
    })
  }

  it('versions that nobody tests with are said to be so', () => {
    assert.match(judgeVersion('2.11.9', 'it').reason, /not tested/)
    assert.doesNotMatch(judgeVersion('2.12.15', 'it').reason, /not tested/)
  })
})

describe('the configuration of our server', () => {
  const settings = {
    storeDir: '/data/with "quotes" and $HOME',
    portsDir: '/data/ports',
    user: 'sampan',
    password: 'secret',
    maxFileStoreBytes: 1_000_000.5,
    maxMemoryStoreBytes: 16_000_000,
    maxPayloadBytes: 1_000_000,
    syncInterval: 'always',
  } as const

  it('listens on the loopback address alone, at ports that are free', () => {
    const text = serverConfig(settings)
    assert.match(text, /^listen: "127\.0\.0\.1:-1"$/m)
    assert.match(text, /^http: "127\.0\.0\.1:-1"$/m)
    assert.doesNotMatch(text, /cluster|leaf|gateway|mqtt|websocket/)
  })

  it('says limits in whole bytes, and when to sync', () => {
    const text = serverConfig(settings)
    assert.match(text, /^ {2}max_file_store: 1000001$/m)
    assert.match(text, /^ {2}max_memory_store: 16000000$/m)
    assert.match(text, /^max_payload: 1000000$/m)
    assert.match(text, /^ {2}sync_interval: "always"$/m)
  })

  it('quotes what it is given', () => {
    assert.ok(serverConfig(settings).includes('store_dir: "/data/with \\"quotes\\" and $HOME"'))
    assert.equal(quote('a\\b"c\nd\u007f'), '"a\\\\b\\"c\\x0ad\\x7f"')
    assert.equal(quote('ü #x {}'), '"ü #x {}"')
  })

  it('allows a tenth more than all streams may have', () => {
    assert.equal(fileStoreBytes([{ maxBytes: 100 }, { maxBytes: 50 }]), 165)
    assert.equal(fileStoreBytes([]), 0)
  })
})

describe('what our server says', () => {
  it('the file of its ports is taken when it is all there', () => {
    const text = '{"nats":["nats://127.0.0.1:1"],"monitoring":["http://127.0.0.1:2"]}'
    assert.deepEqual(parsePorts(text), { url: 'nats://127.0.0.1:1', healthUrl: 'http://127.0.0.1:2/healthz' })
    for (const part of [
      '',
      text.slice(0, 20),
      '[]',
      'null',
      '{"nats":["nats://127.0.0.1:1"]}',
      '{"nats":1}',
    ]) {
      assert.equal(parsePorts(part), undefined)
    }
  })

  it('an answer of its health is a failed write only when it says so', () => {
    const writeError =
      '{"status":"unavailable","status_code":503,"error":"JetStream stream \'A > B\' write error: no space"}'
    assert.equal(judgeHealth(503, writeError).kind, 'write-error')
    assert.match(judgeHealth(503, writeError).text, /^JetStream stream/)
    assert.deepEqual(judgeHealth(200, '{"status":"ok"}'), { kind: 'well', text: '' })
    assert.deepEqual(judgeHealth(503, 'x'.repeat(9_000)).kind, 'unwell')
    assert.equal(judgeHealth(500, '{"error":"write error"}').kind, 'unwell')
  })

  it('is written to our log by its level, and its errors are kept', () => {
    const log = new RecordingLog()
    const server = new ServerLog(new FakeClock(), log)

    server.take('[1] [INF] Starting\n[1] [WRN] Plaintext passwords detected, use nkeys\n[1] [ER')
    server.take('R] JetStream failed\n[1] [FTL] Gone\npanic: no')
    server.end()

    assert.deepEqual(
      log.lines.map(({ level, fields }) => [level, fields['line']]),
      [
        ['debug', 'Starting'],
        ['warn', 'JetStream failed'],
        ['error', 'Gone'],
        ['warn', 'panic: no'],
      ],
    )
    assert.deepEqual(server.complaints, ['JetStream failed', 'Gone', 'panic: no'])
  })

  it('a thousand times is not written a thousand times, nor a line without an end', async () => {
    const log = new RecordingLog()
    const clock = new FakeClock()
    const server = new ServerLog(clock, log)

    server.take('[1] [ERR] again\n'.repeat(1_000))
    assert.equal(log.named('nats-server').length, 20)
    await clock.advance(10_000)
    server.take('[1] [ERR] later\n')
    server.take('x'.repeat(1_000_000))
    server.end()

    assert.equal(log.named('nats-server lines left out')[0]?.fields['count'], 980)
    assert.ok(log.lines.every(({ fields }) => JSON.stringify(fields).length < 1_100))
  })
})

describe('processes of ours', () => {
  it('are known by the whole command line', () => {
    assert.ok(isServerOf('/x/nats-server\0-c\0/data/nats.conf\0', '/data/nats.conf'))
    for (const line of [
      '',
      '/x/nats-server\0-c\0/data/nats.conf\0-t\0',
      '/x/nats-server\0-c\0/data/nats.conf.old\0',
      'tail\0-f\0/data/nats.conf\0',
      '/x/nats-server\0-c\0/data/nats.conf',
    ]) {
      assert.equal(isServerOf(line, '/data/nats.conf'), false, JSON.stringify(line))
    }
  })

  it('have a beginning, whatever their name; one that is dead has none', () => {
    const rest = '1 1 1 0 -1 4194560 1 0 0 0 5 6 0 0 20 0 9 0 314159 1 2'
    assert.equal(startOf(`12 (a) b (c) S ${rest}`), '314159')
    assert.equal(startOf(`12 (nats-server) Z ${rest}`), undefined)
    assert.equal(startOf(''), undefined)
  })

  it('get time to end by how many consumers they write down', () => {
    assert.deepEqual([0, 200, 100_000].map(stopPatienceMs), [5_000, 7_000, 20_000])
  })
})
