import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { CgroupFreezer } from '../../src/provider/docker/cgroups/cgroup-freezer.ts'
import { CgroupUsage } from '../../src/provider/docker/usage/cgroup-usage.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

// How hosts lay out the cgroups of containers. Tests on a real engine see the one of their own host; here are the others, each as
// /proc/PID/cgroup of a container's first process has it and /sys/fs/cgroup is mounted there.

const ID = '9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d'
const PID = 4711

interface Layout {
  readonly what: string
  readonly procCgroup: string
  /** Folder of the container's freezer below the mount point; null: there is none that may be written. */
  readonly freezer: { readonly version: 'v1' | 'v2'; readonly folder: string } | null
  /** It is found without a look at the process, so also where `/proc` is another host's. */
  readonly isUsual: boolean
  /** Other folders that are there, and are not the container's. */
  readonly beside?: readonly string[]
}

const v1 = (controllers: readonly string[], path: string): string =>
  controllers.map((names, at) => `${controllers.length - at}:${names}:${path}\n`).join('')

const CLASSIC = ['pids', 'hugetlb', 'net_cls,net_prio', 'perf_event', 'freezer', 'devices', 'memory']
const REST = ['blkio', 'cpuset', 'cpu,cpuacct', 'name=systemd']

const LAYOUTS: readonly Layout[] = [
  {
    what: 'version 1, cgroupfs driver, systemd on the host beside it',
    procCgroup: `${v1([...CLASSIC, ...REST], `/docker/${ID}`)}0::/system.slice/containerd.service\n`,
    freezer: { version: 'v1', folder: `freezer/docker/${ID}` },
    isUsual: true,
    beside: ['unified/system.slice/containerd.service'],
  },
  {
    what: 'version 1, systemd driver',
    procCgroup: `${v1([...CLASSIC, ...REST], `/system.slice/docker-${ID}.scope`)}`,
    freezer: { version: 'v1', folder: `freezer/system.slice/docker-${ID}.scope` },
    isUsual: true,
  },
  {
    what: 'version 1, a parent of its own',
    procCgroup: v1([...CLASSIC, ...REST], `/functions/${ID}`),
    freezer: { version: 'v1', folder: `freezer/functions/${ID}` },
    isUsual: false,
  },
  {
    what: 'version 1, seen from within a container: the tree begins elsewhere',
    procCgroup: v1([...CLASSIC, ...REST], `/../${ID}`),
    freezer: null,
    isUsual: false,
  },
  {
    what: 'version 2 alone, systemd driver',
    procCgroup: `0::/system.slice/docker-${ID}.scope\n`,
    freezer: { version: 'v2', folder: `system.slice/docker-${ID}.scope` },
    isUsual: true,
  },
  {
    what: 'version 2 alone, cgroupfs driver',
    procCgroup: `0::/docker/${ID}\n`,
    freezer: { version: 'v2', folder: `docker/${ID}` },
    isUsual: true,
  },
  {
    what: 'version 2 alone, systemd driver, an init system in the container',
    procCgroup: `0::/system.slice/docker-${ID}.scope/init.scope\n`,
    freezer: { version: 'v2', folder: `system.slice/docker-${ID}.scope` },
    isUsual: true,
    beside: [`system.slice/docker-${ID}.scope/init.scope`],
  },
  {
    what: 'version 2 alone, Docker without root',
    procCgroup: `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope\n`,
    freezer: {
      version: 'v2',
      folder: `user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`,
    },
    isUsual: false,
  },
  {
    what: 'version 2 alone, a slice of its own, an init system in the container',
    procCgroup: `0::/functions.slice/docker-${ID}.scope/init.scope\n`,
    freezer: { version: 'v2', folder: `functions.slice/docker-${ID}.scope` },
    isUsual: false,
    beside: [`functions.slice/docker-${ID}.scope/init.scope`],
  },
  {
    what: 'version 2 alone, Podman with root',
    procCgroup: `0::/machine.slice/libpod-${ID}.scope/container\n`,
    freezer: { version: 'v2', folder: `machine.slice/libpod-${ID}.scope` },
    isUsual: true,
    beside: [`machine.slice/libpod-${ID}.scope/container`],
  },
  {
    what: 'version 2 alone, Podman without root',
    procCgroup: `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container\n`,
    freezer: {
      version: 'v2',
      folder: `user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`,
    },
    isUsual: false,
    beside: [`user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container`],
  },
  {
    what: 'version 2 alone, the daemon in a container with a tree of its own',
    procCgroup: `0::/../docker-${ID}.scope\n`,
    freezer: null,
    isUsual: false,
  },
]

describe('cgroups as hosts have them', () => {
  let root: string
  let asked: number
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'sampan-cgroup-'))
    asked = 0
  })
  afterEach(() => rm(root, { recursive: true }))

  async function lay({ procCgroup, freezer, beside = [] }: Layout): Promise<void> {
    await mkdir(join(root, `proc/${PID}`), { recursive: true })
    await writeFile(join(root, `proc/${PID}/cgroup`), procCgroup)
    const version = freezer?.version ?? 'v2'
    for (const folder of [...beside, ...(freezer === null ? [] : [freezer.folder])])
      await layFolder(join(root, 'sys', folder), version)
  }

  const freezer = (): CgroupFreezer =>
    new CgroupFreezer({
      pid: () => {
        asked += 1
        return Promise.resolve(PID)
      },
      clock: new FakeClock(),
      procDir: join(root, 'proc'),
      root: join(root, 'sys'),
    })

  for (const layout of LAYOUTS)
    it(`the freezer of ${layout.what} is ${layout.freezer === null ? 'not found' : 'that of the whole container'}`, async () => {
      await lay(layout)

      const found = await freezer().find(ID)

      const { freezer: wanted } = layout
      assert.deepEqual(found, wanted && { ...wanted, folder: join(root, 'sys', wanted.folder) })
      assert.equal(asked, layout.isUsual ? 0 : 1)
    })

  it('what a container uses is read in version 2 under either driver, and in version 1', async () => {
    const [gone, one, other, old] = ['00', '01', '02', '03'].map((end) => `${ID.slice(2)}${end}`)
    for (const folder of [`system.slice/docker-${one}.scope`, `docker/${other}`]) {
      await layFolder(join(root, 'sys', folder), 'v2')
      await writeFile(join(root, 'sys', folder, 'cpu.stat'), 'usage_usec 1500\nuser_usec 1000\n')
      await writeFile(join(root, 'sys', folder, 'memory.current'), '5000\n')
      await writeFile(join(root, 'sys', folder, 'memory.stat'), 'anon 100\ninactive_file 1000\n')
    }
    for (const folder of [
      `cpuacct/system.slice/docker-${old}.scope`,
      `memory/system.slice/docker-${old}.scope`,
    ])
      await mkdir(join(root, 'sys', folder), { recursive: true })
    await writeFile(join(root, 'sys', `cpuacct/system.slice/docker-${old}.scope/cpuacct.usage`), '1500000\n')
    const memory = join(root, 'sys', `memory/system.slice/docker-${old}.scope`)
    await writeFile(join(memory, 'memory.usage_in_bytes'), '5000\n')
    await writeFile(join(memory, 'memory.stat'), 'inactive_file 1\ntotal_inactive_file 1000\n')

    for (const id of [one, other, old])
      assert.deepEqual(await new CgroupUsage(join(root, 'sys')).sample(id ?? ''), {
        cpuNanos: 1_500_000,
        memoryBytes: 4_000,
      })
    assert.equal(await new CgroupUsage(join(root, 'sys')).sample(gone ?? ''), null)
  })
})

async function layFolder(folder: string, version: 'v1' | 'v2'): Promise<void> {
  await mkdir(folder, { recursive: true })
  if (version === 'v1') return writeFile(join(folder, 'freezer.state'), 'THAWED\n')
  await writeFile(join(folder, 'cgroup.freeze'), '0\n')
  await writeFile(join(folder, 'cgroup.events'), 'populated 1\nfrozen 0\n')
}
