import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import type { FunctionSpec } from '../../src/core/functions/function-spec.ts'
import {
  type Confinement,
  confine,
  defaultMemory,
  outOfMemory,
  unconfined,
  UNKNOWN_ABILITIES,
} from '../../src/provider/docker/container/confinement.ts'
import { readVersion } from '../../src/provider/docker/engine/answers.ts'
import { ReplicaMaker } from '../../src/provider/docker/replicas/replica-maker.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed, identityOf } from '../fixtures/deployed.ts'

const SET: Confinement = {
  memoryBytes: 512 * 2 ** 20,
  diskBytes: 10 * 2 ** 30,
  seccomp: '{"defaultAction":"x"}',
  runtimes: ['runsc'],
}
const spec = (change: Partial<FunctionSpec> = {}) => deployed({ spec: change }).spec
const annotated = (runtime: string) => spec({ annotations: { 'com.sampan.runtime': runtime } })

describe('what every container is confined by', () => {
  it('goes into its HostConfig', () => {
    assert.deepEqual(confine(spec(), SET, UNKNOWN_ABILITIES), {
      SecurityOpt: ['no-new-privileges', 'seccomp={"defaultAction":"x"}'],
      OomScoreAdj: 500,
      ShmSize: 67_108_864,
    })
  })

  it('is what the engine can do: no profile for Podman or without seccomp, no disk limit but on XFS', () => {
    const options = (change: Partial<typeof UNKNOWN_ABILITIES>) =>
      confine(spec(), SET, { ...UNKNOWN_ABILITIES, ...change }) as {
        SecurityOpt: object
        StorageOpt?: object
      }

    assert.deepEqual(options({ isPodman: true }).SecurityOpt, ['no-new-privileges'])
    assert.deepEqual(options({ hasSeccomp: false }).SecurityOpt, ['no-new-privileges'])
    assert.deepEqual(options({ mayLimitDisk: true }).StorageOpt, { size: '10737418240' })
    assert.equal(options({}).StorageOpt, undefined)
  })

  it('is said in the log where the engine cannot', () => {
    const weak = { ...UNKNOWN_ABILITIES, limitsMemory: false, hasSeccomp: false, runtimes: ['runc'] }

    assert.deepEqual(unconfined(SET, { ...UNKNOWN_ABILITIES, runtimes: ['runc', 'runsc'] }), [])
    const [memory, seccomp, runtimes] = unconfined(SET, weak)
    assert.match(memory ?? '', /memory controller of this kernel is off.*cgroup_enable=memory/)
    assert.match(seccomp ?? '', /has no seccomp/)
    assert.equal(runtimes, 'SAMPAN_RUNTIMES: this engine does not know runsc')
    assert.match(unconfined(SET, { ...weak, isPodman: true })[1] ?? '', /Podman/)
  })
})

describe('the memory of a function that names no limit', () => {
  it('is what is set, but never less than it asks to be reserved', () => {
    assert.equal(defaultMemory(0, SET, UNKNOWN_ABILITIES), 512 * 2 ** 20)
    assert.equal(defaultMemory(2 ** 30, SET, UNKNOWN_ABILITIES), 2 ** 30)
  })

  it('has no limit where none is set, or where the kernel holds none', () => {
    assert.equal(defaultMemory(2 ** 30, { ...SET, memoryBytes: 0 }, UNKNOWN_ABILITIES), 0)
    assert.equal(defaultMemory(0, SET, { ...UNKNOWN_ABILITIES, limitsMemory: false }), 0)
  })

  it('is named when it was too little, with the setting or the field', () => {
    assert.match(outOfMemory(spec(), SET), /has 512Mi \(SAMPAN_FUNCTION_MEMORY\); deploy it with a limit/)
    assert.match(outOfMemory(spec({ limits: { memory: '64Mi' } }), SET), /its limits\.memory is 64Mi/)
    assert.equal(outOfMemory(undefined, { ...SET, memoryBytes: 0 }), 'it ran out of memory')
  })
})

describe('the runtime that a deployment chooses', () => {
  const refused = (runtime: string, runtimes: readonly string[], message: RegExp) =>
    assert.throws(
      () => confine(annotated(runtime), SET, { ...UNKNOWN_ABILITIES, runtimes }),
      (error: unknown) =>
        error instanceof FaasError && error.code === 'invalid' && message.test(error.message),
    )

  it('must be allowed by the operator and known to the engine', () => {
    const { Runtime } = confine(annotated('runsc'), SET, UNKNOWN_ABILITIES) as { Runtime: string }
    assert.equal(Runtime, 'runsc')
    refused('kata', ['kata'], /com\.sampan\.runtime: "kata" is not in SAMPAN_RUNTIMES: it allows runsc$/)
    refused('runsc', ['runc'], /"runsc" is not known to the Docker engine, which has runc$/)
  })

  it('is the usual one where the annotation is empty or absent', () => {
    for (const fn of [spec(), annotated('')])
      assert.equal('Runtime' in confine(fn, SET, UNKNOWN_ABILITIES), false)
  })
})

describe('what an engine can do', () => {
  it('is read from its own words', () => {
    const info = {
      MemoryLimit: false,
      SecurityOptions: ['name=apparmor', 'name=seccomp,profile=default'],
      Runtimes: { runc: {}, runsc: {} },
      Driver: 'overlay2',
      DriverStatus: [['Backing Filesystem', 'xfs']],
    }

    assert.deepEqual(readVersion({}, info).abilities, {
      isPodman: false,
      limitsMemory: false,
      hasSeccomp: true,
      runtimes: ['runc', 'runsc'],
      mayLimitDisk: true,
    })
    assert.equal(readVersion({ Components: [{ Name: 'Podman Engine' }] }, info).abilities.isPodman, true)
  })

  it('is little where it says nothing, but its memory limits are believed in', () => {
    assert.deepEqual(readVersion(null, 'x').abilities, {
      isPodman: false,
      limitsMemory: true,
      hasSeccomp: false,
      runtimes: [],
      mayLimitDisk: false,
    })
  })
})

describe('a bound on what a container writes', () => {
  it('is given up, with a warning, when the storage driver turns out to have no quotas', async () => {
    const bodies: object[] = []
    const log = new RecordingLog()
    const engine = {
      createContainer: async (_name: string, body: object) => {
        await Promise.resolve()
        bodies.push(body)
        if (JSON.stringify(body).includes('StorageOpt'))
          throw new FaasError(
            'unavailable',
            "Docker could not create the container: --storage-opt is supported only for overlay over xfs with 'pquota' mount option",
          )
        return `id-${bodies.length}`
      },
      startContainer: async () => {},
      inspectContainer: async () => null,
    }
    const maker = new ReplicaMaker({
      engine,
      images: { inspect: async () => null },
      networks: { ensure: () => Promise.reject(new Error('not asked')), forget: () => {} },
      table: new ReplicaTable(
        () => 0,
        () => {},
      ),
      instance: 'test',
      ownerLabels: () => ({}),
      confinement: () => SET,
      log,
      watchdogDir: '/',
      mounts: async () => [],
      host: () => undefined,
      making: () => () => {},
    })
    const blueprint = {
      fn: deployed(),
      identity: identityOf(),
      body: { HostConfig: { StorageOpt: { size: '1' }, Other: 1 } },
    }

    await maker.make(blueprint)
    await maker.make(blueprint)

    assert.deepEqual(bodies.slice(1), [{ HostConfig: { Other: 1 } }, { HostConfig: { Other: 1 } }])
    assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 1)
  })
})
