import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Database } from '../../src/registry/database.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { whileReadOnly } from '../fixtures/read-only.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'
import { Load } from './load.ts'

describe('the end of the daemon', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'fn', image: await testImage('fn') })
    assert.equal((await daemon.call('fn/id')).status, 200)
  })
  after(() => daemon[Symbol.asyncDispose]())

  it('lets every call that has begun come to its end', async () => {
    const load = new Load(`${daemon.url}/function/fn/id`, 8)
    await eventually(() => load.calls > 50, 5_000, 'the load flows')
    const slow = Array.from({ length: 30 }, () => daemon.call('fn/sleep/1500ms'))
    const streams = Array.from({ length: 5 }, () => daemon.call('fn/stream?n=15&every=100ms&size=10'))
    const opened = await Promise.all(streams)
    const begun = performance.now()

    assert.equal(await daemon.end('SIGTERM'), 0)

    const answers = await Promise.all(slow)
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    for (const answer of answers) assert.match(await answer.text(), /^slept/)
    for (const answer of opened) assert.equal((await answer.text()).length, 150)
    assert.ok(performance.now() - begun < 10_000)
    // Once the door is closed new connections are refused; nothing that was taken breaks off, kept connections are told to close.
    const { failed } = await load.stop()
    assert.deepEqual(
      failed.filter(({ what }) => !what.includes('ECONNREFUSED')),
      [],
    )
    await daemon.launch()
    await daemon.whenHealthy()
  })

  it('comes at once by a second signal', async () => {
    const call = daemon.call('fn/sleep/20s').then(
      () => 'answered',
      () => 'cut',
    )
    await eventually(async () => (await inFlight(daemon)) > 0, 5_000, 'the call is under way')

    // A first signal that is not taken yet would be one with the second; and this daemon has stopped before.
    const stops = async () => (await daemon.log()).split('"stopping"').length
    const before = await stops()
    daemon.signal('SIGTERM')
    await eventually(async () => (await stops()) > before, 5_000, 'it drains')
    const status = await daemon.end('SIGTERM')

    assert.notEqual(status, 0)
    // It would have been answered within the time that a drain lasts.
    assert.equal(await call, 'cut')
    await daemon.launch()
    await daemon.whenHealthy()
    assert.equal((await daemon.call('fn/id')).status, 200)
  })
})

describe('a start that cannot be', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sampan-e2e-'))
  })
  after(() => rm(folder, { recursive: true }))

  const settings = () => ({
    SAMPAN_LISTEN: '127.0.0.1:0',
    SAMPAN_METRICS_LISTEN: '127.0.0.1:0',
    SAMPAN_UI_LISTEN: 'off',
    SAMPAN_DATA_DIR: folder,
    SAMPAN_INSTANCE: 'e2e-cannot-start',
  })

  it('names every setting that cannot be used', async () => {
    const wrong = { SAMPAN_READ_TIMEOUT: 'soon', SAMPAN_INSTANCE: 'Not This', SAMPAN_LISTEN: 'nowhere' }

    const { status, printed } = await DaemonProcess.fail({ ...settings(), ...wrong })

    assert.equal(status, 1)
    for (const name of Object.keys(wrong)) assert.match(printed, new RegExp(`${name}: `))
  })

  it('says which address is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`

    const ends = await Promise.all(
      ['SAMPAN_LISTEN', 'SAMPAN_METRICS_LISTEN', 'SAMPAN_UI_LISTEN'].map((name, at) =>
        DaemonProcess.fail({ ...settings(), SAMPAN_DATA_DIR: join(folder, String(at)), [name]: address }),
      ),
    )
    server.close()

    for (const { status, printed } of ends) {
      // Whoever has it may give it back: a service manager tries again.
      assert.equal(status, 75)
      assert.match(printed, new RegExp(`sampan: cannot start: .*${address.replaceAll('.', '\\.')}`))
    }
  })

  it('says what to do about a damaged registry, and leaves it as it is', async () => {
    const file = join(folder, 'registry.db')
    const damaged = Buffer.alloc(8_192, 'not a database ')
    await writeFile(file, damaged)

    const { status, printed } = await DaemonProcess.fail(settings())

    assert.equal(status, 1)
    assert.match(printed, /sampan: cannot start: .*registry\.db is damaged .* move it/)
    assert.deepEqual(await readFile(file), damaged)
  })

  const places = [
    { what: 'file', before: ['registry.db'], place: 'registry.db' },
    { what: 'folder', before: ['registry.db'], place: '.' },
    { what: 'empty folder', before: [], place: '.' },
  ]
  for (const { what, before: files, place } of places) {
    it(`says what to do about a read-only ${what}, and leaves it as it is`, async (test) => {
      const data = await mkdtemp(join(folder, 'read-only-'))
      for (const file of files) Database.open(join(data, file)).close()
      const found = await contents(data)

      const skipped = await whileReadOnly(join(data, place), async () => {
        const { status, printed } = await DaemonProcess.fail({ ...settings(), SAMPAN_DATA_DIR: data })

        assert.equal(status, 1)
        assert.match(
          printed,
          /sampan: cannot start: .*registry\.db cannot be written\. Make the file and its folder/,
        )
      })

      if (skipped !== null) return test.skip(skipped)
      assert.deepEqual(await contents(data), found)
    })
  }

  it('names the data folder that is missing, and says why it cannot be made', async (test) => {
    const parent = await mkdtemp(join(folder, 'read-only-'))
    const missing = join(parent, 'var', 'sampan')
    await writeFile(join(folder, 'a-file'), '')

    const skipped = await whileReadOnly(parent, async () => {
      const { status, printed } = await DaemonProcess.fail({ ...settings(), SAMPAN_DATA_DIR: missing })

      assert.equal(status, 1)
      const why = '(the disk there is read-only|this user may not write there)'
      assert.match(
        printed,
        new RegExp(`sampan: cannot start: the data folder ${missing} is missing .* created: ${why}\\.`),
      )
      assert.match(printed, /SAMPAN_DATA_DIR/)
    })
    const { printed: inProc } = await DaemonProcess.fail({ ...settings(), SAMPAN_DATA_DIR: '/proc/none/x' })
    assert.match(inProc, /the data folder \/proc\/none\/x is missing and cannot be created/)
    const inFile = join(folder, 'a-file', 'sampan')
    const { printed } = await DaemonProcess.fail({ ...settings(), SAMPAN_DATA_DIR: inFile })

    assert.match(printed, new RegExp(`the data folder ${inFile} .*: a part of the path is a file\\.`))
    if (skipped !== null) test.skip(skipped)
  })
})

async function contents(folder: string): Promise<readonly (readonly [string, Buffer])[]> {
  const names = (await readdir(folder)).toSorted()
  return await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const))
}

async function inFlight(daemon: DaemonProcess): Promise<number> {
  const text = await (await fetch(`${daemon.metricsUrl}/metrics`)).text()
  const value = (name: string) => {
    const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`))
    return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
  }
  return value('gateway_function_invocation_started') - value('gateway_function_invocation_total')
}
