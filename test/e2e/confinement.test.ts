import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { deployShell, shell } from './shell-function.ts'

const MEGABYTE = 1024 * 1024

/** What the kernel must say to a function that tries; see /attempts of the test function. */
const DENIED: Readonly<Record<string, RegExp>> = {
  io_uring_setup: /not permitted/,
  open_tree: /not permitted/,
  clone3: /not implemented/,
  add_key: /not permitted/,
  perf_event_open: /not permitted/,
  'socket vsock': /not permitted/,
  'socket alg': /not permitted/,
  'socket bluetooth': /not permitted/,
  'socket can': /not permitted/,
  'socket packet': /not permitted/,
  'socket inet raw': /not permitted/,
  'new user namespace': /not permitted/,
  'new network namespace': /not permitted/,
  mount: /not permitted/,
  chroot: /not permitted/,
  'device node': /not permitted/,
  'write core_pattern': /read-only file system/,
  // Some kernels have none.
  'write sysrq-trigger': /read-only file system|no such file/,
  'write /sys': /read-only file system/,
  'lift its memory limit': /read-only file system|no such file/,
  'read /proc/kcore': /EOF|not permitted|no such file/,
  'Docker socket': /no such file/,
  'disk of the host': /no such file/,
  'raise the OOM score back': /permission denied/,
}
const ALLOWED = ['socket inet', 'socket inet6', 'socket unix', 'socket netlink']

describe('a function in its container', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start({ SAMPAN_FUNCTION_MEMORY: '48Mi', SAMPAN_RUNTIMES: 'runc,not-there' })
    await daemon.deploy({ service: 'fn', image: await testImage('fn') })
    await deployShell(daemon, { service: 'sh' })
    assert.equal((await daemon.call('fn/id')).status, 200)
  })
  after(() => daemon[Symbol.asyncDispose]())

  const inspect = async (name: string): Promise<Record<string, unknown>> => {
    const [id = ''] = await daemon.containersOf(name)
    return JSON.parse(await docker('inspect', '--format', '{{json .HostConfig}}', id)) as Record<
      string,
      unknown
    >
  }

  it('may do nothing that concerns the host, and what the kernel says is what we mean', async () => {
    const said = (await (await daemon.call('fn/attempts')).json()) as Record<string, string>

    for (const [attempt, answer] of Object.entries(DENIED)) {
      assert.ok(attempt in said, `${attempt} was not tried`)
      assert.match(said[attempt] ?? '', answer, attempt)
    }
    for (const attempt of ALLOWED) assert.equal(said[attempt], '', attempt)
    assert.deepEqual(Object.keys(said).toSorted(), [...Object.keys(DENIED), ...ALLOWED].toSorted())
  })

  it('runs shells, children and pipes as ever', async () => {
    const script = 'for i in 1 2 3; do (echo $i | cat) & done; wait; echo x >/tmp/f && cat /tmp/f; id -u'

    const lines = (await shell(daemon, 'sh', script)).trim().split('\n')

    assert.deepEqual(lines.slice(0, 3).toSorted(), ['1', '2', '3'])
    assert.deepEqual(lines.slice(3), ['x', '0'])
  })

  it('sees no process but its own, no file of the daemon, and of the host only what Docker puts there', async () => {
    const names = await shell(daemon, 'sh', 'cat /proc/[0-9]*/comm')
    assert.doesNotMatch(names, /dockerd|containerd|node/)
    assert.equal(await shell(daemon, 'sh', `ls ${daemon.dataDir} ${daemon.runtimeDir} 2>/dev/null; true`), '')
  })

  it('is the first to go when the host runs out of memory', async () => {
    const [id = ''] = await daemon.containersOf('fn')
    const pid = await docker('inspect', '--format', '{{.State.Pid}}', id)

    assert.equal((await readFile(`/proc/${pid}/oom_score_adj`, 'utf8')).trim(), '500')
  })

  it('a function in its container without a limit of its own has the one that is set, and no swap beyond it', async () => {
    const { Memory, MemorySwap } = await inspect('fn')
    assert.deepEqual([Memory, MemorySwap], [48 * MEGABYTE, 48 * MEGABYTE])

    assert.equal((await daemon.call(`fn/alloc/${100 * MEGABYTE}`)).status, 502)
    await eventually(async () => (await daemon.call('fn/id')).status === 200, 30_000, 'it is back')

    const lines = (await daemon.log())
      .split('\n')
      .filter((line) => line.includes('replica failed, will retry'))
    assert.match(
      lines.at(-1) ?? '',
      /without limits\.memory of its own it has 48Mi \(SAMPAN_FUNCTION_MEMORY\); deploy it with a limit/,
    )
  })

  it('has the limit of its own where it names one, and none where it names 0', async () => {
    const image = await testImage('fn')
    await daemon.deploy({ service: 'own', image, limits: { memory: '64Mi' } })
    await daemon.deploy({ service: 'free', image, limits: { memory: '0' } })
    for (const name of ['own', 'free']) assert.equal((await daemon.call(`${name}/id`)).status, 200)

    assert.equal((await inspect('own'))['Memory'], 64 * MEGABYTE)
    assert.equal((await inspect('free'))['Memory'], 0)
    assert.equal((await daemon.call(`free/alloc/${100 * MEGABYTE}`)).status, 200)
  })

  it('runs on as it is when the limit that is set changes: only new containers have the new one', async () => {
    const before = await daemon.containersOf('sh')
    await daemon.end('SIGTERM')
    await daemon.launch({ SAMPAN_FUNCTION_MEMORY: '64Mi' })
    await daemon.whenHealthy()

    assert.equal(await shell(daemon, 'sh', 'echo here'), 'here\n')
    assert.deepEqual(await daemon.containersOf('sh'), before)

    await daemon.deploy({ service: 'newer', image: await testImage('fn') })
    assert.equal((await daemon.call('newer/id')).status, 200)
    assert.equal((await inspect('newer'))['Memory'], 64 * MEGABYTE)
  })

  it('gets a runtime of its choice only where the operator allows it and the engine has it', async () => {
    const deploy = async (runtime: string) => {
      const annotations = { 'com.sampan.runtime': runtime }
      const image = await testImage('fn')
      const answer = await daemon.api('POST', '/system/functions', { service: 'run', image, annotations })
      return { status: answer.status, text: await answer.text() }
    }

    const foreign = await deploy('runsc')
    assert.equal(foreign.status, 400)
    assert.match(
      foreign.text,
      /annotations\.com\.sampan\.runtime: "runsc" is not in SAMPAN_RUNTIMES: it allows runc, not-there/,
    )
    const missing = await deploy('not-there')
    assert.equal(missing.status, 400)
    assert.match(missing.text, /"not-there" is not known to the Docker engine, which has .*runc/)

    assert.equal((await deploy('runc')).status, 202)
    assert.equal((await daemon.call('run/id')).status, 200)
    assert.equal((await inspect('run'))['Runtime'], 'runc')
  })
})

describe('the seccomp profile as a setting', { skip: await skipWithoutDocker() }, () => {
  it('may be the one of the engine', async () => {
    const daemon = await DaemonProcess.start({ SAMPAN_SECCOMP_PROFILE: 'engine' })
    try {
      await daemon.deploy({ service: 'fn', image: await testImage('fn') })
      assert.equal((await daemon.call('fn/id')).status, 200)
      const [id = ''] = await daemon.containersOf('fn')
      const options = await docker('inspect', '--format', '{{json .HostConfig.SecurityOpt}}', id)
      assert.deepEqual(JSON.parse(options), ['no-new-privileges'])
    } finally {
      await daemon[Symbol.asyncDispose]()
    }
  })

  it('a seccomp profile that is none ends the start with a sentence', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sampan-seccomp-'))
    try {
      const { status, printed } = await DaemonProcess.fail({
        SAMPAN_DATA_DIR: dataDir,
        SAMPAN_LISTEN: '127.0.0.1:0',
        SAMPAN_METRICS_LISTEN: '127.0.0.1:0',
        SAMPAN_UI_LISTEN: 'off',
        SAMPAN_INSTANCE: 'e2e-seccomp',
        SAMPAN_SECCOMP_PROFILE: '/etc/hostname',
      })

      assert.equal(status, 1)
      assert.match(printed, /SAMPAN_SECCOMP_PROFILE: \/etc\/hostname is no seccomp profile/)
    } finally {
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})
