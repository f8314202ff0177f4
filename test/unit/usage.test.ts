import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Clock, deferred } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import type { Usage } from '../../src/core/provider/provider.ts'
import { UsageMeter } from '../../src/provider/docker/usage/usage.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const never = new AbortController().signal

let base: string
let count = 0

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'usage-'))
})
after(() => rm(base, { recursive: true }))

/** Control groups as files, and a clock that a sleep moves on; `onSleep` is what happens meanwhile. */
function setUp() {
  count += 1
  const root = join(base, String(count))
  const time = { nowMs: 1_000_000, onSleep: async () => {} }
  const clock: Clock = {
    now: () => time.nowMs,
    wall: () => time.nowMs,
    sleep: async (ms) => {
      time.nowMs += ms
      await time.onSleep()
    },
    timeout: () => never,
    after: (_ms, action) => {
      setImmediate(action)
      return () => {}
    },
  }
  const engine = { containerUsage: async (): Promise<Usage | null> => null }
  const meter = new UsageMeter({ engine, clock, log: new RecordingLog(), cgroupRoot: root })
  return { root, time, engine, meter }
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, text)
}

describe('usage', () => {
  it('usage is read from the files of cgroup v1', async () => {
    const { root, time, meter } = setUp()
    const cpu = join(root, 'cpuacct/docker/a/cpuacct.usage')
    await put(cpu, '5000000\n')
    await put(join(root, 'memory/docker/a/memory.usage_in_bytes'), '9000\n')
    await put(join(root, 'memory/docker/a/memory.stat'), 'inactive_file 1\ntotal_inactive_file 2000\n')
    time.onSleep = () => put(cpu, '55000000\n')

    assert.deepEqual(await meter.usage(['a'], never), { cpuMillicores: 500, memoryBytes: 7_000 })
  })

  it('usage is read from the files of cgroup v2, under systemd', async () => {
    const { root, time, meter } = setUp()
    const folder = join(root, 'system.slice/docker-a.scope')
    await put(join(folder, 'cpu.stat'), 'usage_usec 5000\nuser_usec 1\n')
    await put(join(folder, 'memory.current'), '9000\n')
    await put(join(folder, 'memory.stat'), 'anon 1\ninactive_file 2000\n')
    time.onSleep = () => put(join(folder, 'cpu.stat'), 'usage_usec 205000\n')

    assert.deepEqual(await meter.usage(['a'], never), { cpuMillicores: 2_000, memoryBytes: 7_000 })
  })

  it('usage is summed over replicas, with one wait for all', async () => {
    const { root, time, meter } = setUp()
    for (const id of ['a', 'b']) {
      await put(join(root, `docker/${id}/cpu.stat`), 'usage_usec 0\n')
      await put(join(root, `docker/${id}/memory.current`), '100\n')
      await put(join(root, `docker/${id}/memory.stat`), '')
    }

    assert.equal((await meter.usage(['a', 'b', 'gone'], never)).memoryBytes, 200)
    assert.equal(time.nowMs, 1_000_100)
  })

  it('needs no wait when it was asked for lately', async () => {
    const { root, time, meter } = setUp()
    const cpu = join(root, 'docker/a/cpu.stat')
    await put(cpu, 'usage_usec 0\n')
    await put(join(root, 'docker/a/memory.current'), '100\n')
    await put(join(root, 'docker/a/memory.stat'), '')
    await meter.usage(['a'], never)

    await put(cpu, 'usage_usec 1000000\n')
    time.nowMs += 2_000
    const startMs = time.nowMs

    assert.equal((await meter.usage(['a'], never)).cpuMillicores, 500)
    assert.equal(time.nowMs, startMs)
    time.nowMs += 10
    assert.equal((await meter.usage(['a'], never)).cpuMillicores, 500)
  })

  it('covers a second where it is asked for more often, so that bursts do not show', async () => {
    const { root, time, meter } = setUp()
    const cpu = join(root, 'docker/a/cpu.stat')
    await put(join(root, 'docker/a/memory.current'), '100\n')
    await put(join(root, 'docker/a/memory.stat'), '')
    const figures: number[] = []

    // 60 ms of CPU at once, at every second question: 300 millicores.
    for (let question = 0; question < 40; question += 1) {
      await put(cpu, `usage_usec ${Math.floor(question / 2) * 60_000}\n`)
      figures.push((await meter.usage(['a'], never)).cpuMillicores)
      time.nowMs += 100
    }

    assert.ok(
      figures.slice(12).every((figure) => figure >= 270 && figure <= 330),
      figures.join(' '),
    )
  })

  it('comes from the engine where there are no files, once it has measured', async () => {
    const { engine, meter } = setUp()
    const measured = deferred<Usage>()
    engine.containerUsage = () => measured.promise

    assert.deepEqual(await meter.usage(['a'], never), { cpuMillicores: 0, memoryBytes: 0 })
    measured.resolve({ cpuMillicores: 7, memoryBytes: 8 })
    await measured.promise
    assert.deepEqual(await meter.usage(['a'], never), { cpuMillicores: 7, memoryBytes: 8 })
    await meter.stop()
  })

  it('usage is nothing while the engine is away', async () => {
    const { engine, meter } = setUp()
    engine.containerUsage = () => Promise.reject(new FaasError('unavailable', 'Docker is not reachable'))

    assert.deepEqual(await meter.usage(['a'], never), { cpuMillicores: 0, memoryBytes: 0 })
  })
})
