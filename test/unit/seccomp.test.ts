import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { seccompProfile } from '../../src/provider/docker/host/seccomp-profile.ts'
import { loadSeccompProfile } from '../../src/provider/docker/host/seccomp.ts'

interface Rule {
  readonly names: readonly string[]
  readonly action: string
  readonly errnoRet?: number
  readonly args?: readonly { readonly index: number; readonly value: number; readonly op: string }[]
  readonly includes?: object
}

const PROFILE = JSON.parse(seccompProfile()) as {
  readonly defaultAction: string
  readonly archMap: readonly { readonly architecture: string }[]
  readonly syscalls: readonly Rule[]
}

const rulesFor = (name: string) => PROFILE.syscalls.filter(({ names }) => names.includes(name))

/** Calls that a container escape begins with; Docker's default has none of them either without a capability. */
const NEVER =
  'io_uring_setup io_uring_enter io_uring_register socketcall bpf perf_event_open userfaultfd keyctl add_key ' +
  'request_key mount umount2 move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr pivot_root unshare setns ' +
  'chroot open_by_handle_at init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct ' +
  'quotactl iopl ioperm settimeofday clock_settime stime syslog lookup_dcookie nfsservctl vm86 fanotify_init kcmp ' +
  'process_madvise pidfd_getfd mbind set_mempolicy move_pages migrate_pages ustat uselib sysfs _sysctl'

describe('the seccomp profile of functions', () => {
  it('refuses what it does not name', () => {
    assert.equal(PROFILE.defaultAction, 'SCMP_ACT_ERRNO')
    for (const { action } of PROFILE.syscalls) assert.match(action, /^SCMP_ACT_(?:ALLOW|ERRNO)$/)
  })

  it('names no call that gives power over the kernel, io_uring least of all', () => {
    for (const name of NEVER.split(' ')) assert.deepEqual(rulesFor(name), [], name)
  })

  it('lets sockets be of four families, each by its number', () => {
    const rules = rulesFor('socket')

    assert.deepEqual(
      rules.map(({ args }) => args),
      [1, 2, 10, 16].map((value) => [{ index: 0, value, op: 'SCMP_CMP_EQ' }]),
    )
  })

  it('makes no namespaces: clone without their flags, clone3 as if the kernel had none', () => {
    const [clone] = rulesFor('clone')
    const [clone3] = rulesFor('clone3')

    // From linux/sched.h: cgroup, mount, UTS, IPC, user, PID and network.
    const flags =
      0x0200_0000 | 0x0002_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000
    assert.deepEqual(clone?.args, [{ index: 0, value: flags, op: 'SCMP_CMP_MASKED_EQ' }])
    assert.deepEqual([clone3?.action, clone3?.errnoRet], ['SCMP_ACT_ERRNO', 38])
  })

  it('is for the architectures that functions run on, each call named once', () => {
    assert.deepEqual(
      PROFILE.archMap.map(({ architecture }) => architecture),
      ['SCMP_ARCH_X86_64', 'SCMP_ARCH_AARCH64'],
    )
    const [always = []] = PROFILE.syscalls.map(({ names }) => names)
    assert.equal(new Set(always).size, always.length)
    for (const name of ['read', 'openat2', 'futex', 'futex_time64', 'execve', 'epoll_pwait2', 'getrandom'])
      assert.ok(always.includes(name), name)
  })

  it('is small enough to travel with every container', () => {
    assert.ok(seccompProfile().length < 16_384)
  })
})

describe('the setting of a seccomp profile', () => {
  let folder: string
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'sampan-seccomp-'))))
  after(() => rm(folder, { recursive: true, force: true }))

  const load = async (text: string) => {
    const path = join(folder, 'profile.json')
    await writeFile(path, text)
    return loadSeccompProfile({ use: 'file', path })
  }

  it('takes ours, the one of the engine, or that of a file', async () => {
    assert.equal(await loadSeccompProfile({ use: 'ours' }), seccompProfile())
    assert.equal(await loadSeccompProfile({ use: 'engine' }), null)
    assert.equal(await load('{ "defaultAction": "SCMP_ACT_ALLOW" }'), '{"defaultAction":"SCMP_ACT_ALLOW"}')
  })

  it('refuses a file that is none, with its name', async () => {
    const names = /^Error: SAMPAN_SECCOMP_PROFILE: .*profile\.json is no seccomp profile: /
    for (const text of ['', '{}', '[]', 'null', '{"defaultAction":1}'])
      await assert.rejects(load(text), names)
    await assert.rejects(
      loadSeccompProfile({ use: 'file', path: join(folder, 'missing') }),
      /missing is no seccomp profile: ENOENT/,
    )
  })
})
