import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { parseDockerHost } from '../../src/provider/docker/engine/docker-host.ts'
import { readContainers, readNetworks, readUsage } from '../../src/provider/docker/engine/answers.ts'
import { EngineAway, translateEngineError } from '../../src/provider/docker/engine/errors.ts'
import { EVENT_FILTERS, readEvent } from '../../src/provider/docker/engine/events.ts'
import { pickApiVersion } from '../../src/provider/docker/engine/api-version.ts'
import { isTrouble, whyNotReady } from '../../src/provider/docker/readiness/not-ready-reason.ts'
import { checkPlatform, watchdogFile } from '../../src/provider/docker/images/platform.ts'

describe('the engine address', () => {
  it('the engine address is read from every usual spelling', () => {
    assert.deepEqual(parseDockerHost(null), { socketPath: '/var/run/docker.sock' })
    assert.deepEqual(parseDockerHost('unix:///run/podman.sock'), { socketPath: '/run/podman.sock' })
    assert.deepEqual(parseDockerHost('/run/d.sock'), { socketPath: '/run/d.sock' })
    assert.deepEqual(parseDockerHost('tcp://box'), { protocol: 'http', host: 'box', port: 2375 })
    assert.deepEqual(parseDockerHost('tcp://box:80'), { protocol: 'http', host: 'box', port: 80 })
    assert.deepEqual(parseDockerHost('https://box'), { protocol: 'https', host: 'box', port: 2376 })
    assert.throws(() => parseDockerHost('ssh://box'), /ssh/i)
  })
})

describe('the API version', () => {
  const engine = (apiVersion: string, minApiVersion: string) =>
    pickApiVersion({ version: 'x', apiVersion, minApiVersion })

  it('the API version is the newest that both sides speak', () => {
    assert.equal(engine('1.41', '1.12'), '1.41')
    assert.equal(engine('1.50', '1.24'), '1.50')
    assert.equal(engine('1.99', '1.44'), '1.52')
    assert.equal(engine('1.99', '1.60'), '1.60')
    assert.equal(engine('', ''), '1.41')
  })

  it('the API version of an engine that is too old is refused with both named', () => {
    assert.throws(
      () => engine('1.40', '1.12'),
      (error: unknown) => hasCode(error, 'unavailable') && /1\.40.*1\.41/.test(String(error)),
    )
  })
})

describe('what the engine throws', () => {
  it('keeps its sentence and gets a code', () => {
    const answer = Object.assign(new Error('(HTTP code 409) unexpected - name is taken '), {
      statusCode: 409,
    })
    const translated = translateEngineError(answer, 'create the container')

    assert.equal(translated.code, 'conflict')
    assert.equal(translated.message, 'Docker could not create the container: name is taken')
  })

  it('what the engine throws without an answer means that it is away', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const translated = translateEngineError(refused, 'list')

    assert.ok(translated instanceof EngineAway)
    assert.equal(translated.code, 'unavailable')
  })
})

describe('what the engine answers', () => {
  it('what the engine answers is taken as it comes, with gaps', () => {
    const [container] = readContainers([{ Id: 'abc', Names: ['/x'], Labels: null, State: 'Running' }])

    assert.deepEqual(container, {
      id: 'abc',
      name: 'x',
      labels: {},
      state: 'running',
      createdAtMs: 0,
      addresses: {},
    })
    assert.deepEqual(readContainers(null), [])
    assert.deepEqual(readNetworks([{ Id: 'n' }]), [
      { id: 'n', name: '', labels: {}, subnet: '', gateway: '', bridge: 'br-n', hasIpv6: false, mtu: 1_500 },
    ])
  })

  it('names the interface of a network as Docker does', () => {
    const bridgeOf = (network: object) => readNetworks([network])[0]?.bridge

    assert.equal(bridgeOf({ Id: '0123456789abcdef0123' }), 'br-0123456789ab')
    const given = { 'com.docker.network.bridge.name': 'functions0' }
    assert.equal(bridgeOf({ Id: '0123456789abcdef0123', Options: given }), 'functions0')
  })

  const OURS = 'com.sampan.instance=mine'
  const event = (Action: string, attributes = {}, Type = 'container') => {
    const Attributes = { 'com.sampan.instance': 'mine', ...attributes }
    return readEvent({ Type, Action, Actor: { ID: 'abc', Attributes } }, OURS)
  }

  it('tells the events that we act on from the others', () => {
    assert.deepEqual(event('die', { exitCode: '137' }), { kind: 'die', id: 'abc', exitCode: 137 })
    assert.deepEqual(event('died'), { kind: 'die', id: 'abc', exitCode: 0 })
    assert.equal(event('exec_start: sh'), null)
    assert.equal(event('die', { 'com.sampan.instance': 'other' }), null)
    for (const kind of ['connect', 'disconnect']) {
      assert.deepEqual(event(kind, { container: 'moved' }, 'network'), { kind, id: 'moved', exitCode: 0 })
    }
    assert.equal(event('destroy', { container: 'moved' }, 'network'), null)
    assert.equal(event('connect', {}, 'network'), null)
    assert.equal(readEvent({ Action: 'die' }, OURS), null)
    assert.equal(readEvent('nonsense', OURS), null)
  })

  it('asks for every event that something is made of, by the names of Docker and of Podman', () => {
    const names = EVENT_FILTERS.event
    const kinds = EVENT_FILTERS.type.flatMap((type) =>
      names.map((action) => event(action, { container: 'abc' }, type)?.kind),
    )

    const all = ['start', 'kill', 'die', 'oom', 'destroy', 'pause', 'unpause', 'connect', 'disconnect']
    assert.deepEqual(new Set(kinds.filter((kind) => kind !== undefined)), new Set(all))
    for (const name of ['died', 'remove', 'unpause', 'connect']) assert.ok(names.includes(name), name)
  })

  it('gives use of CPU and of memory without reclaimable cache', () => {
    const usage = readUsage({
      read: '2026-01-01T00:00:01Z',
      preread: '2026-01-01T00:00:00Z',
      cpu_stats: { cpu_usage: { total_usage: 3e8 } },
      precpu_stats: { cpu_usage: { total_usage: 5e7 } },
      memory_stats: { usage: 1_000, stats: { inactive_file: 400 } },
    })

    assert.deepEqual(usage, { cpuMillicores: 250, memoryBytes: 600 })
    assert.deepEqual(readUsage({}), { cpuMillicores: 0, memoryBytes: 0 })
  })
})

describe('the platform of an image', () => {
  const host = { architecture: 'x86_64', os: 'linux' }
  const none = new Set<string>()

  it('fits its own kind, older kinds of it, and what is emulated', () => {
    checkPlatform({ architecture: 'amd64', os: 'linux' }, host, none)
    checkPlatform({ architecture: '386', os: 'linux' }, host, none)
    checkPlatform({ architecture: 'arm', os: 'linux' }, { architecture: 'arm64', os: 'linux' }, none)
    checkPlatform({ architecture: 'arm64', os: 'linux' }, host, new Set(['arm64']))
    checkPlatform({ architecture: '', os: '' }, host, none)
  })

  it('the platform of an image that does not fit is refused with both named and a way out', () => {
    const refused = (architecture: string, os: string) =>
      assert.throws(
        () => checkPlatform({ architecture, os }, host, none),
        (error: unknown) =>
          hasCode(error, 'invalid') && /amd64.*--platforms linux\/amd64/.test(String(error)),
      )

    refused('arm64', 'linux')
    refused('amd64', 'windows')
  })

  it('the watchdog for an image is the one for its platform', () => {
    assert.equal(watchdogFile({ architecture: 'arm64', os: '' }, host), 'fwatchdog-arm64')
    assert.equal(watchdogFile({ architecture: '386', os: '' }, host), 'fwatchdog-amd64')
  })
})

describe('the reason why a function is not ready', () => {
  const obstacles = {
    status: { reachable: true, version: '1', reason: '' },
    desired: 1,
    isFetching: false,
    setback: '',
    starting: 0,
    outOfService: 0,
    stuck: 0,
    lack: '',
    paused: 0,
  }

  it('names what stands in the way, the root first', () => {
    const away = { reachable: false, version: '1', reason: 'Docker is not reachable: nothing listens there' }
    const setback = 'it exited with code 3'

    assert.match(whyNotReady({ ...obstacles, status: away, setback }), /nothing listens there$/)
    assert.match(whyNotReady({ ...obstacles, desired: 0 }), /scaled to zero$/)
    assert.match(whyNotReady({ ...obstacles, isFetching: true }), /image is being pulled$/)
    assert.equal(whyNotReady({ ...obstacles, setback }), setback)
    assert.match(whyNotReady({ ...obstacles, starting: 1 }), /still starting$/)
    assert.match(whyNotReady({ ...obstacles, starting: 2, outOfService: 1 }), /its readiness probe$/)
    assert.equal(whyNotReady({ ...obstacles, starting: 1, lack: 'nobody home' }), 'nobody home')
    assert.match(
      whyNotReady({ ...obstacles, starting: 1, outOfService: 1, lack: 'nobody home' }),
      /its readiness probe \(nobody home\)$/,
    )
    assert.match(whyNotReady({ ...obstacles, starting: 1, paused: 1 }), /paused by hand .*docker unpause/)
    assert.match(whyNotReady(obstacles), /being created$/)
  })

  it('is trouble when time alone does not mend it', () => {
    assert.equal(isTrouble({ ...obstacles, isFetching: true, starting: 1 }), false)
    for (const trouble of [{ setback: 'x' }, { outOfService: 1 }, { stuck: 1 }, { paused: 1 }])
      assert.equal(isTrouble({ ...obstacles, ...trouble }), true, JSON.stringify(trouble))
    assert.equal(isTrouble({ ...obstacles, status: { ...obstacles.status, reachable: false } }), true)
  })
})
