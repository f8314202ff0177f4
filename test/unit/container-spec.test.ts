import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import { type ContainerInput, containerSpec } from '../../src/provider/docker/container/container-spec.ts'
import { UNKNOWN_ABILITIES } from '../../src/provider/docker/container/confinement.ts'
import { containerLabels, readContainerLabels } from '../../src/provider/docker/container/labels.ts'
import { passedLabels } from '../../src/provider/docker/container/passed-labels.ts'
import { deployed, identityOf } from '../fixtures/deployed.ts'

interface Body {
  readonly Image: string
  readonly Env: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly StopTimeout: number
  readonly Labels: Readonly<Record<string, string>>
  readonly HostConfig: Readonly<Record<string, unknown>>
}

function body(fn: DeployedFunction, change: Partial<ContainerInput> = {}): Body {
  return containerSpec({
    instance: 'test',
    ownerLabels: { 'com.sampan.registry': 'abc' },
    fn,
    imageRef: 'sha256:abc',
    image: { entrypoint: [], cmd: ['server'], env: [] },
    network: { name: 'sampan-test-openfaas-fn', gateway: '172.30.0.1' },
    watchdogFile: '/opt/fwatchdog-amd64',
    hostCpus: 2,
    mounts: [],
    confinement: { memoryBytes: 0, diskBytes: 0, seccomp: null, runtimes: [] },
    abilities: UNKNOWN_ABILITIES,
    ...change,
  }) as Body
}

describe('containerSpec', () => {
  it('confines every container', () => {
    const { HostConfig } = body(deployed())

    assert.deepEqual(HostConfig['CapDrop'], ['ALL'])
    assert.deepEqual(HostConfig['SecurityOpt'], ['no-new-privileges'])
    assert.equal(HostConfig['PidsLimit'], 512)
    assert.equal(HostConfig['NetworkMode'], 'sampan-test-openfaas-fn')
    assert.deepEqual(HostConfig['ExtraHosts'], [
      'gateway:172.30.0.1',
      'gateway.openfaas:172.30.0.1',
      'gateway.openfaas.svc.cluster.local:172.30.0.1',
    ])
    assert.deepEqual(HostConfig['RestartPolicy'], { Name: 'no' })
    assert.equal('PortBindings' in HostConfig, false)
    assert.equal('Privileged' in HostConfig, false)
    assert.deepEqual(HostConfig['LogConfig'], {
      Type: 'json-file',
      Config: { 'max-size': '1m', 'max-file': '2' },
    })
    assert.deepEqual(
      HostConfig['CapAdd'],
      'CHOWN DAC_OVERRIDE FOWNER SETGID SETUID KILL NET_BIND_SERVICE'.split(' '),
    )
    assert.equal('Memory' in HostConfig, false)
  })

  it('18.4.9: the container spec translates limits and requests, within what Docker takes', () => {
    const limits = (memory: string, cpu: string) =>
      body(deployed({ spec: { limits: { memory, cpu }, requests: { memory: '1Gi', cpu: '500m' } } }))
        .HostConfig

    const usual = limits('128Mi', '250m')
    assert.equal(usual['Memory'], 134_217_728)
    assert.equal(usual['NanoCpus'], 250_000_000)
    assert.equal(usual['MemoryReservation'], 134_217_728)
    assert.equal(usual['CpuShares'], 512)

    const extreme = limits('5Mi', '64')
    assert.equal(extreme['Memory'], 6_291_456)
    assert.equal(extreme['NanoCpus'], 2_000_000_000)
    assert.equal(extreme['MemorySwap'], 6_291_456)
    assert.equal(limits('5Mi', '1m')['NanoCpus'], 10_000_000)
  })

  it('gives a function the memory that is set, unless it names a limit itself, be it 0 for none', () => {
    const confinement = { memoryBytes: 536_870_912, diskBytes: 0, seccomp: null, runtimes: [] }
    const memory = (spec: Parameters<typeof deployed>[0]) => {
      const { HostConfig } = body(deployed(spec), { confinement })
      return [HostConfig['Memory'], HostConfig['MemorySwap'], HostConfig['MemoryReservation']]
    }

    assert.deepEqual(memory({}), [536_870_912, 536_870_912, undefined])
    assert.deepEqual(memory({ spec: { limits: { cpu: '1' } } }), [536_870_912, 536_870_912, undefined])
    assert.deepEqual(memory({ spec: { limits: { memory: '1Gi' } } })[0], 2 ** 30)
    assert.deepEqual(memory({ spec: { limits: { memory: '0' } } }), [undefined, undefined, undefined])
    assert.deepEqual(memory({ spec: { requests: { memory: '1Gi' } } }), [2 ** 30, 2 ** 30, 2 ** 30])
  })

  it('gives a container the labels of its function that the operator lets through, and no others', () => {
    const labels = { 'traefik.enable': 'true', 'ofelia.service': 'true', 'com.sampan.instance': 'other' }
    const unset = { memoryBytes: 0, diskBytes: 0, seccomp: null, runtimes: [] }
    const carried = (labelPrefixes: readonly string[]) =>
      body(deployed({ spec: { labels } }), { confinement: { ...unset, labelPrefixes } }).Labels

    assert.deepEqual(
      Object.keys(carried([])).filter((key) => key in labels),
      ['com.sampan.instance'],
    )
    assert.equal(carried(['traefik.'])['traefik.enable'], 'true')
    assert.equal(carried(['traefik.'])['ofelia.service'], undefined)
    assert.notEqual(carried(['com.sampan.'])['com.sampan.instance'], 'other', 'ours win')
    const long = { 'traefik.x': 'x'.repeat(16_384) }
    assert.throws(
      () => passedLabels(deployed({ spec: { labels: long } }).spec, ['traefik.']),
      /^FaasError: labels: .*SAMPAN_CONTAINER_LABELS.* have 16393 characters together; the most is 16384$/,
    )
  })

  it('asks Docker for graphics processors of the kind that it can hand out, as limit or request', () => {
    const devices = (spec: Parameters<typeof deployed>[0]) =>
      body(deployed(spec)).HostConfig['DeviceRequests']
    const nvidia = (count: string) => ({ 'nvidia.com/gpu': count })
    const counted = (count: number) => [{ Driver: 'nvidia', Count: count, Capabilities: [['gpu']] }]

    assert.deepEqual(devices({ spec: { limits: nvidia('2') } }), counted(2))
    assert.deepEqual(devices({ spec: { requests: nvidia('1') } }), counted(1))
    assert.deepEqual(devices({ spec: { limits: nvidia('2'), requests: nvidia('3') } }), counted(3))
    for (const none of [{}, { limits: nvidia('0') }, { limits: { 'amd.com/gpu': '0' } }])
      assert.equal('DeviceRequests' in body(deployed({ spec: none })).HostConfig, false)
  })

  for (const field of ['limits', 'requests'] as const) {
    for (const kind of ['amd.com/gpu', 'intel.com/gpu'] as const) {
      it(`refuses ${field}.${kind}, naming it`, () =>
        assert.throws(() => body(deployed({ spec: { [field]: { [kind]: '1' } } })), {
          code: 'invalid',
          message: `${field}.${kind}: Docker can only hand out nvidia.com/gpu`,
        }))
    }
  }

  it('passes the environment on, with the process in its place', () => {
    const env = (spec: Parameters<typeof deployed>[0]) => body(deployed(spec)).Env

    assert.deepEqual(env({ spec: { envVars: { a: 'b=c' } } }), ['a=b=c'])
    assert.ok(env({ spec: { envProcess: 'cat' } }).includes('fprocess=cat'))
    assert.ok(env({ spec: { envProcess: 'cat', envVars: { fprocess: 'wc' } } }).includes('fprocess=wc'))
    assert.deepEqual(env({ spec: { envVars: { fprocess: '' } } }), [])
  })

  it('makes a watchdog stop at once, unless the deployment wants otherwise', () => {
    const image = { entrypoint: ['fwatchdog'], cmd: [], env: [] }
    const given = deployed({ spec: { envVars: { healthcheck_interval: '5s' } } })

    assert.deepEqual(body(deployed(), { image }).Env, ['healthcheck_interval=1ms', 'check_fprocess=true'])
    assert.deepEqual(body(given, { image }).Env, ['healthcheck_interval=5s', 'check_fprocess=true'])
    assert.equal(body(deployed(), { image }).HostConfig['Init'], false)
    assert.equal(body(deployed()).HostConfig['Init'], true)
  })

  it('mounts our watchdog where there is none', () => {
    const made = body(deployed({ spec: { envProcess: 'cat' } }))

    assert.deepEqual(made.Entrypoint, ['/usr/bin/fwatchdog'])
    assert.deepEqual(made.Cmd, [])
    assert.deepEqual(made.HostConfig['Mounts'], [
      { Type: 'bind', Source: '/opt/fwatchdog-amd64', Target: '/usr/bin/fwatchdog', ReadOnly: true },
    ])
  })

  it('mounts what other features want to be seen', () => {
    const made = body(deployed(), { mounts: [{ source: '/run/s', target: '/var/openfaas/secrets' }] })

    assert.deepEqual(made.HostConfig['Mounts'], [
      { Type: 'bind', Source: '/run/s', Target: '/var/openfaas/secrets', ReadOnly: true },
    ])
    assert.equal(made.Entrypoint, undefined)
  })

  it('leaves a writable /tmp in a read-only root file system', () => {
    const { HostConfig } = body(deployed({ spec: { readOnlyRootFilesystem: true } }))

    assert.equal(HostConfig['ReadonlyRootfs'], true)
    assert.match(JSON.stringify(HostConfig['Tmpfs']), /"\/tmp":"rw,exec,.*mode=1777"/)
  })

  it('gives calls time to end before it kills', () => {
    const grace = (envVars: Readonly<Record<string, string>>) =>
      body(deployed({ spec: { envVars } })).StopTimeout

    assert.equal(grace({}), 32)
    assert.equal(grace({ write_timeout: '1m30s' }), 92)
    assert.equal(grace({ write_timeout: '1m30s', grace_period: '5s' }), 7)
    assert.equal(grace({ grace_period: 'soon' }), 32)
    assert.equal(grace({ grace_period: '100h' }), 3_602)
  })

  it('refuses what cannot be made, naming the field', () => {
    const refused = (field: RegExp, spec: Parameters<typeof deployed>[0]) =>
      assert.throws(
        () => body(deployed(spec)),
        (error: unknown) => hasCode(error, 'invalid') && field.test(String(error)),
      )

    refused(/envVars/, { spec: { envVars: { 'a=b': 'c' } } })
    refused(/envVars/, { spec: { envVars: { a: 'b\0' } } })
    refused(/com\.sampan\.pids/, { spec: { annotations: { 'com.sampan.pids': 'many' } } })
    refused(/limits\.memory/, { spec: { limits: { memory: 'lots' } } })
    refused(/requests\.cpu/, { spec: { requests: { cpu: '1core' } } })
  })
})

describe('container labels', () => {
  it('container labels carry all that the daemon must know after a restart', () => {
    const identity = identityOf(
      deployed({ revision: 7, createdAtMs: 1_700_000_000_123, spec: { envVars: { write_timeout: '5s' } } }),
    )

    assert.deepEqual(readContainerLabels(containerLabels('test', identity)), identity)
  })

  it('container labels of others are not ours', () => {
    const labels = containerLabels('test', identityOf())

    assert.equal(readContainerLabels({}), null)
    assert.equal(readContainerLabels({ ...labels, 'com.sampan.revision': 'x' }), null)
    assert.equal(readContainerLabels({ ...labels, 'com.sampan.function': '../etc' }), null)
  })
})
