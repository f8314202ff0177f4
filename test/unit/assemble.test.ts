import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { assemble } from '../../src/assemble/assemble.ts'
import { systemClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import type { DockerProviderOptions } from '../../src/provider/docker/docker-provider.ts'
import { openRegistry } from '../../src/registry/registry.ts'
import { FakeProvider } from '../fakes/fake-provider.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const PASSWORD = 'correct horse battery staple'
const credentials = { user: 'admin', password: PASSWORD }

describe('what the composition root hands out', () => {
  it('gives the provider exactly what it names, which is not the password of the API', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sampan-assemble-'))
    const log = new RecordingLog()
    const registry = openRegistry(dataDir, log)
    const given: DockerProviderOptions[] = []
    try {
      const config = readConfig({ SAMPAN_DATA_DIR: dataDir, SAMPAN_ADMIN_PASSWORD: PASSWORD })
      const makeProvider = (options: DockerProviderOptions) => {
        given.push(options)
        return new FakeProvider()
      }
      assemble(
        { config, log, clock: systemClock, registry, calls: null, credentials, descriptors: 1_024 },
        makeProvider,
      )
    } finally {
      registry.close()
      rmSync(dataDir, { recursive: true })
    }

    const [options, ...others] = given
    assert.equal(others.length, 0)
    assert.deepEqual(Object.keys(options ?? {}).toSorted(), [
      'clock',
      'dataDir',
      'dockerConfigDir',
      'dockerHost',
      'freezer',
      'guard',
      'instance',
      'keptLogs',
      'ledger',
      'log',
      'mtu',
      'registry',
      'runtimeDir',
      'secrets',
      'takeOver',
      'watchdogDir',
    ])
    assert.ok(!inspect(options, { depth: null, showHidden: true }).includes(PASSWORD))
  })

  it('says at the start that descriptors allow fewer calls and connections than the settings, and what to do', () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sampan-assemble-'))
    const lowered = (settings: Readonly<Record<string, string>>) => {
      const log = new RecordingLog()
      const registry = openRegistry(dataDir, log)
      try {
        const config = readConfig({ SAMPAN_DATA_DIR: dataDir, ...settings })
        assemble(
          { config, log, clock: systemClock, registry, calls: null, credentials, descriptors: 1_024 },
          () => new FakeProvider(),
        )
      } finally {
        registry.close()
      }
      return log.lines.find(({ message }) => message.startsWith('too few descriptors'))?.fields
    }
    try {
      const many = lowered({ SAMPAN_MAX_CONNECTIONS: '9999999' })
      const few = lowered({ SAMPAN_MAX_CONNECTIONS: '50', SAMPAN_MAX_CALLS: '50' })

      assert.match(String(many?.['SAMPAN_MAX_CONNECTIONS']), /^\d+ of 9999999$/)
      assert.ok(Number(many?.['needed']) > 20_000_000)
      assert.match(String(many?.['advice']), /LimitNOFILE=/)
      assert.equal(few, undefined)
    } finally {
      rmSync(dataDir, { recursive: true })
    }
  })

  it('spreads no object of one part into another', () => {
    // A call or a choice makes a new object of named fields; anything else may carry what nobody named.
    const named = /^\.\.\.(?:\(|addresses\b)/
    const files = readdirSync('src/assemble').map((name) => `src/assemble/${name}`)
    for (const file of [...files, 'src/daemon.ts']) {
      const spreads = readFileSync(file, 'utf8').match(/\.\.\.[^\s,]+/g) ?? []

      assert.deepEqual(
        spreads.filter((spread) => !named.test(spread)),
        [],
        file,
      )
    }
  })
})
