import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ConfigError, parseDuration, readConfig } from '../../src/config.ts'

describe('readConfig', () => {
  it('listens on loopback when nothing is set', () => {
    const config = readConfig({})

    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8080 })
    assert.deepEqual(config.metricsListen, { host: '127.0.0.1', port: 8082 })
  })

  it('has the limits of time of a gateway of OpenFaaS when nothing is set', () => {
    const { readTimeoutMs, writeTimeoutMs, upstreamTimeoutMs } = readConfig({})

    assert.deepEqual([readTimeoutMs, writeTimeoutMs, upstreamTimeoutMs], [60_000, 60_000, 60_000])
  })

  it('reports every problem at once, each with its variable', () => {
    const broken = {
      SAMPAN_LISTEN: 'nowhere',
      SAMPAN_READ_TIMEOUT: '-3s',
      SAMPAN_INSTANCE: 'Über',
      SAMPAN_DATA_DIR: 'here',
    }

    assert.throws(
      () => readConfig(broken),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError)
        assert.deepEqual(
          error.problems.map((problem) => problem.split(':')[0]),
          ['SAMPAN_LISTEN', 'SAMPAN_DATA_DIR', 'SAMPAN_INSTANCE', 'SAMPAN_READ_TIMEOUT'],
        )
        return true
      },
    )
  })

  it('takes an IPv6 host in brackets and an empty host as every address', () => {
    assert.deepEqual(readConfig({ SAMPAN_LISTEN: '[::1]:9090' }).listen, { host: '::1', port: 9090 })
    assert.deepEqual(readConfig({ SAMPAN_LISTEN: ':9090' }).listen, { host: '0.0.0.0', port: 9090 })
  })

  it('takes a limit for heads from a kibibyte to a mebibyte', () => {
    assert.equal(readConfig({}).maxHeaderBytes, 65_536)
    assert.throws(
      () => readConfig({ SAMPAN_MAX_HEADER_BYTES: '1000' }),
      /SAMPAN_MAX_HEADER_BYTES: "1000" is not a number of bytes from 1024 to 1048576/,
    )
    assert.equal(readConfig({ SAMPAN_MAX_HEADER_BYTES: '1024' }).maxHeaderBytes, 1_024)
  })

  it('refuses a time limit that no timer can keep', () => {
    assert.throws(
      () => readConfig({ SAMPAN_WAKE_TIMEOUT: '1000h' }),
      /SAMPAN_WAKE_TIMEOUT: "1000h" is longer/,
    )
    assert.equal(readConfig({ SAMPAN_WAKE_TIMEOUT: '500h' }).wakeTimeoutMs, 1_800_000_000)
  })

  it('refuses an engine over SSH and says where to read on', () => {
    assert.throws(
      () => readConfig({ SAMPAN_DOCKER_HOST: 'ssh://user@box' }),
      /SAMPAN_DOCKER_HOST: "ssh:\/\/user@box" must begin with unix:.*over SSH it cannot work, see docs\/config\.md/,
    )
    assert.equal(readConfig({ SAMPAN_DOCKER_HOST: 'tcp://proxy:2375' }).dockerHost, 'tcp://proxy:2375')
  })

  it('takes a blank variable as unset', () => {
    assert.equal(readConfig({ SAMPAN_INSTANCE: '  ' }).instance, 'default')
  })

  it('reads each variable that docs/config.md lists, and no other', () => {
    const documented = new Set(
      readFileSync('docs/config.md', 'utf8')
        .match(/`SAMPAN_[A-Z_]+`/g)
        ?.map((name) => name.slice(1, -1)),
    )
    const read = new Set<string>()
    readConfig(
      new Proxy(
        {},
        { get: (_target, name) => void (String(name).startsWith('SAMPAN_') && read.add(String(name))) },
      ),
    )

    assert.deepEqual([...documented].sort(), [...read].sort())
  })
})

describe('parseDuration', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['15', 15_000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['2us', 0.002],
  ]
  for (const [text, ms] of cases) {
    it(`reads ${text} as ${ms} ms`, () => assert.equal(parseDuration(text), ms))
  }

  for (const text of ['', '-1', '5 s', '1x', 's', '1.5', '1m 30s']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseDuration(text), /is not a duration/))
  }
})
