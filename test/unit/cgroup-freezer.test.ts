import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { hasCode } from '../../src/core/errors.ts'
import { CgroupFreezer } from '../../src/provider/docker/cgroups/cgroup-freezer.ts'
import { type FreezerFiles, placeOf } from '../../src/provider/docker/cgroups/freezer-files.ts'
import { eventually } from '../fakes/eventually.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

const run = promisify(execFile)
const ID = 'c0ffee'

describe('the place of a cgroup', () => {
  it('is that of the freezer where there is one, and else that of the second version', () => {
    const both = `9:name=systemd:/docker/${ID}\n6:cpu,freezer:/docker/${ID}\n0::/docker/${ID}\n`
    const second = `0::/system.slice/docker-${ID}.scope\n`

    assert.deepEqual(placeOf(both, ID), { version: 'v1', pattern: 'freezer/docker/ID' })
    assert.deepEqual(placeOf(second, ID), { version: 'v2', pattern: 'system.slice/docker-ID.scope' })
  })

  it('is unknown when the path does not name the container, or leads out of what is visible', () => {
    assert.equal(placeOf('0::/user.slice/session-1.scope\n', ID), null)
    assert.equal(placeOf(`0::/../docker/${ID}\n`, ID), null)
    assert.equal(placeOf('', ID), null)
  })
})

describe('the freezer of cgroups', () => {
  let root: string
  let clock: FakeClock
  let asked: number
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sampan-cgroup-'))
    clock = new FakeClock()
    asked = 0
  })
  afterEach(() => rm(root, { recursive: true }))

  function freezer(pid = 0): CgroupFreezer {
    const pidOf = (): Promise<number> => {
      asked += 1
      return Promise.resolve(pid)
    }
    return new CgroupFreezer({ pid: pidOf, clock, procDir: join(root, 'proc'), root })
  }

  async function v1(path = `freezer/docker/${ID}`): Promise<FreezerFiles> {
    const folder = join(root, path)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'freezer.state'), 'THAWED\n')
    return { version: 'v1', folder }
  }

  async function v2(path: string): Promise<FreezerFiles> {
    const folder = join(root, path)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'cgroup.freeze'), '0\n')
    await writeFile(join(folder, 'cgroup.events'), 'populated 1\nfrozen 0\n')
    return { version: 'v2', folder }
  }

  it('may freeze by files of root where it has the capability to write them, as under our unit, and not without', async (test) => {
    if (process.getuid?.() !== 0) return test.skip('not root: what a capability allows was NOT tested')
    const files = await v1()
    const module = new URL('../../src/provider/docker/cgroups/cgroup-freezer.js', import.meta.url)
    const script = `const { CgroupFreezer } = await import(${JSON.stringify(module)})
      console.log(await new CgroupFreezer({}).isAllowed(${JSON.stringify(files)}))`
    const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups']
    const mayWrite = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override']
    // Whatever may be read there: the program, this module and the folder.
    const mayRead = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']

    const answers = await Promise.all(
      [mayWrite, mayRead].map((words) =>
        run('setpriv', [...nobody, ...words, process.execPath, '--input-type=module', '-e', script]),
      ),
    )

    assert.deepEqual(
      answers.map(({ stdout }) => stdout.trim()),
      ['true', 'false'],
    )
  })

  it('finds a container of Docker without and with systemd without a question', async () => {
    const one = await v1()
    const other = await v2('system.slice/docker-beef.scope')

    const found = freezer()

    assert.deepEqual([await found.find(ID), await found.find('beef')], [one, other])
    assert.equal(asked, 0)
  })

  it('finds a container elsewhere by its process, and the next one beside it without', async () => {
    const path = `user.slice/docker-${ID}.scope`
    const one = await v2(path)
    const other = await v2('user.slice/docker-beef.scope')
    await mkdir(join(root, 'proc/7'), { recursive: true })
    await writeFile(join(root, 'proc/7/cgroup'), `0::/${path}\n`)
    const found = freezer(7)

    assert.deepEqual([await found.find(ID), await found.find('beef')], [one, other])
    assert.equal(asked, 1)
  })

  it('gives up asking for processes that tell nothing of their containers: they are on another host', async () => {
    const found = freezer(7)
    for (let at = 0; at < 10; at += 1) assert.equal(await found.find(`no-${at}`), null)
    assert.equal(asked, 3)
  })

  it('freezes, tells so, and thaws', async () => {
    const files = await v1()
    const kernel = freezer()

    await kernel.freeze(files, () => true)
    assert.equal(await kernel.isFrozen(files), true)
    await kernel.thaw(files)

    assert.equal(await kernel.isFrozen(files), false)
  })

  it('waits until every process has stopped, and no longer than somebody wants it', async () => {
    const files = await v2(`docker/${ID}`)
    const kernel = freezer()
    let isDone = false
    const done = kernel.freeze(files, () => true).then(() => (isDone = true))
    await eventually(async () =>
      (await readFile(join(files.folder, 'cgroup.freeze'), 'utf8')).startsWith('1'),
    )
    assert.equal(isDone, false)

    await writeFile(join(files.folder, 'cgroup.events'), 'populated 1\nfrozen 1\n')
    await eventually(async () => {
      await clock.advance(20)
      return isDone
    })
    await done
    await writeFile(join(files.folder, 'cgroup.events'), 'populated 1\nfrozen 0\n')
    await kernel.freeze(files, () => false)
  })

  it('lets all of them go on when one does not stop in time', async () => {
    const files = await v2(`docker/${ID}`)
    let failure: unknown
    const freezing = freezer()
      .freeze(files, () => true)
      .catch((error: unknown) => (failure = error))
    await eventually(async () => {
      await clock.advance(100)
      return failure !== undefined
    })
    await freezing

    assert.ok(hasCode(failure, 'unavailable'))
    assert.match(String(failure), /did not stop within 500 ms \(a fixed limit\)/)
    assert.match(await readFile(join(files.folder, 'cgroup.freeze'), 'utf8'), /^0/)
  })

  it('does not mind that a container is gone when it thaws it, and creates no file', async () => {
    const gone = { version: 'v1', folder: join(root, 'freezer/docker/gone') } as const
    const kernel = freezer()

    await kernel.thaw(gone)

    assert.equal(await kernel.isFrozen(gone), false)
    await assert.rejects(
      kernel.freeze(gone, () => true),
      /could not be frozen/,
    )
  })
})
