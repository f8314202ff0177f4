import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ConfigError, readConfig } from '../../src/config.ts'

describe('readConfig', () => {
  it('listens on loopback when nothing is set', () => {
    const config = readConfig({})

    assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8080 })
    assert.deepEqual(config.metricsListen, { host: '127.0.0.1', port: 8082 })
  })

  it('13, 18.5.1: a configuration has the limits of time of a gateway of OpenFaaS when nothing is set', () => {
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
      /SAMPAN_MAX_HEADER_BYTES: "1000" is not a size from 1024 to 1048576 bytes/,
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

  it('confines functions when nothing is set', () => {
    const config = readConfig({})

    assert.equal(config.functionMemoryBytes, 536_870_912)
    assert.equal(config.functionDiskBytes, 10_737_418_240)
    assert.deepEqual(config.seccompProfile, { use: 'ours' })
    assert.deepEqual([config.runtimes, config.hostPorts], [[], []])
    assert.deepEqual([config.firewall, config.privateNetworks], ['auto', 'open'])
  })

  it('takes quantities, lists and words for what functions may do on the host', () => {
    const config = readConfig({
      SAMPAN_FUNCTION_MEMORY: '0',
      SAMPAN_FUNCTION_DISK: '1Gi',
      SAMPAN_SECCOMP_PROFILE: '/etc/sampan/seccomp.json',
      SAMPAN_RUNTIMES: 'runsc, io.containerd.kata.v2',
      SAMPAN_CONTAINER_LABELS: 'traefik., logging',
      SAMPAN_HOST_PORTS: '5432,53/udp',
      SAMPAN_FIREWALL: 'OFF',
    })

    assert.deepEqual([config.functionMemoryBytes, config.functionDiskBytes], [0, 2 ** 30])
    assert.deepEqual(config.seccompProfile, { use: 'file', path: '/etc/sampan/seccomp.json' })
    assert.deepEqual(config.runtimes, ['runsc', 'io.containerd.kata.v2'])
    assert.deepEqual(config.containerLabels, ['traefik.', 'logging'])
    assert.deepEqual(config.hostPorts, [
      { protocol: 'tcp', port: 5432 },
      { protocol: 'udp', port: 53 },
    ])
    assert.equal(config.firewall, 'off')
  })

  it('refuses what cannot be meant for the host, each with its variable', () => {
    const refused = (name: string, text: string, message: RegExp) =>
      assert.throws(() => readConfig({ [name]: text }), new RegExp(`${name}: .*${message.source}`))

    refused('SAMPAN_FUNCTION_MEMORY', '64m', /"64m" is less than 6Mi/)
    refused('SAMPAN_FUNCTION_MEMORY', 'lots', /is not a quantity such as/)
    refused('SAMPAN_SECCOMP_PROFILE', 'none', /must be an absolute path, or engine/)
    refused('SAMPAN_RUNTIMES', 'runsc,--privileged', /"--privileged" is not the name of a container runtime/)
    for (const text of ['com.sampan.', 'com', 'com.docker.compose.project'])
      refused('SAMPAN_CONTAINER_LABELS', text, /would take in labels that begin with com\.(docker|sampan)\./)
    refused('SAMPAN_CONTAINER_LABELS', 'a b', /is not how a label begins/)
    for (const text of ['0', '65536', '80/sctp', '1:2', '5432,', '1 -j ACCEPT'])
      refused('SAMPAN_HOST_PORTS', text, /is not a port such as 5432 or 53\/udp/)
    for (const text of ['575', '65536', '1400.5', 'big'])
      refused('SAMPAN_NETWORK_MTU', text, /is not a number of bytes from 576 to 65535/)
    for (const text of ['1', 'true', `${'a'.repeat(32)},`])
      refused('SAMPAN_TAKE_OVER', text, /is not the id of a registry/)
    refused('SAMPAN_FIREWALL', 'on', /is not one of auto, off/)
    refused('SAMPAN_PRIVATE_NETWORKS', 'no', /is not one of open, closed/)
  })

  it('refuses an engine over SSH and says where to read on', () => {
    assert.throws(
      () => readConfig({ SAMPAN_DOCKER_HOST: 'ssh://user@box' }),
      /SAMPAN_DOCKER_HOST: "ssh:\/\/user@box" must begin with unix:.*over SSH it cannot work, see docs\/config\.md/,
    )
    assert.equal(readConfig({ SAMPAN_DOCKER_HOST: 'tcp://proxy:2375' }).dockerHost, 'tcp://proxy:2375')
  })

  it('takes host names in any case, a domain with all below it, and any name', () => {
    const hosts = (text: string): readonly string[] => readConfig({ SAMPAN_ALLOWED_HOSTS: text }).allowedHosts

    assert.deepEqual(hosts(' Fn.Example.org, *.example.net ,box'), ['fn.example.org', '*.example.net', 'box'])
    assert.deepEqual(hosts('*'), ['*'])
    assert.deepEqual(readConfig({}).allowedHosts, [])
  })

  for (const text of ['a,,b', 'http://a', 'a:8080', 'a/b', '*.', '**', 'a.*', '*a', '.a', 'a b']) {
    it(`refuses ${JSON.stringify(text)} as host names`, () => {
      assert.throws(
        () => readConfig({ SAMPAN_ALLOWED_HOSTS: text }),
        /SAMPAN_ALLOWED_HOSTS: "[^"]*" is not a host name, \*\.NAME or \*$/,
      )
    })
  }

  it('takes a blank variable as unset', () => {
    assert.equal(readConfig({ SAMPAN_INSTANCE: '  ' }).instance, 'default')
  })

  it('names the variable, and the text as it was written, whatever is wrong with it', () => {
    for (const variable of documented()) {
      // Any text may be a password or a secret, and any without a colon a user.
      if (/_PASSWORD|_USER|_SECRET/.test(variable)) continue
      assert.throws(
        () => readConfig({ [variable]: 'No sense!' }),
        (error: unknown) =>
          error instanceof ConfigError && error.message.startsWith(`${variable}: "No sense!" `),
        variable,
      )
    }
  })

  it('names the item of a list, the part of an address and the unit that was written', () => {
    const wrong: readonly (readonly [variable: string, text: string, complaint: string])[] = [
      ['SAMPAN_HOST_PORTS', '5432, 70000/udp', '"70000/udp" is not a port such as 5432 or 53/udp'],
      ['SAMPAN_LISTEN', 'box:70000', '"70000" is not a port from 0 to 65535'],
      ['SAMPAN_HEADER_BUDGET', '1Ki', '"1Ki" is not a size from 65536 to 4294967296 bytes'],
      ['SAMPAN_FUNCTION_MEMORY', '1Ki', '"1Ki" is less than 6Mi'],
      ['SAMPAN_FIREWALL', 'Maybe', '"Maybe" is not one of auto, off'],
      ['SAMPAN_MAX_CALLS', '0', '"0" is not a number from 1 to 9999999'],
      ['SAMPAN_ADMIN_USER', 'a:b', '"a:b" cannot be a user name: it has a colon (basic authentication)'],
    ]
    for (const [variable, text, complaint] of wrong)
      assert.throws(() => readConfig({ [variable]: text }), { message: `${variable}: ${complaint}` })
  })

  it('does not repeat a text of any length', () => {
    assert.throws(
      () => readConfig({ SAMPAN_INSTANCE: 'x'.repeat(10_000) }),
      ({ message }: Error) => message.length < 200,
    )
  })

  it('names every wrong item of a list', () => {
    assert.throws(() => readConfig({ SAMPAN_HOST_PORTS: '1,x,y' }), {
      message: ['x', 'y']
        .map((item) => `SAMPAN_HOST_PORTS: "${item}" is not a port such as 5432 or 53/udp`)
        .join('\n'),
    })
  })

  it('takes what other programs go by where nothing else is said', () => {
    const { logLevel, dockerConfigDir } = readConfig({ DEBUG: '1', HOME: '/root' })

    assert.deepEqual([logLevel, dockerConfigDir], ['debug', '/root/.docker'])
    assert.equal(readConfig({ DEBUG: '1', SAMPAN_LOG_LEVEL: 'warn' }).logLevel, 'warn')
    assert.equal(readConfig({ DOCKER_CONFIG: '/d', HOME: '/root' }).dockerConfigDir, '/d')
    assert.equal(readConfig({ DOCKER_CONFIG: '/d', SAMPAN_DOCKER_CONFIG: '/s' }).dockerConfigDir, '/s')
  })

  it('has the defaults that docs/config.md says', () => {
    const rows = readFileSync('docs/config.md', 'utf8').matchAll(/^\| `(SAMPAN_\w+)` \| `([^`]+)` \|/gm)
    const defaults = [...rows].map(([, variable = '', text = '']) => [variable, text] as const)

    assert.ok(defaults.length > 20)
    for (const [variable, text] of defaults)
      assert.deepEqual(readConfig({ [variable]: text }), readConfig({}), `${variable}: ${text}`)
  })

  it('reads each variable that docs/config.md lists, and no other', () => {
    const read = new Set<string>()
    readConfig(
      new Proxy(
        {},
        { get: (_target, name) => void (String(name).startsWith('SAMPAN_') && read.add(String(name))) },
      ),
    )

    assert.deepEqual([...documented()].sort(), [...read].sort())
  })
})

function documented(): ReadonlySet<string> {
  const names = readFileSync('docs/config.md', 'utf8').match(/`SAMPAN_[A-Z_]+`/g) ?? []
  return new Set(names.map((name) => name.slice(1, -1)))
}
