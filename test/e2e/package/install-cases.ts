import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { appendFile, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, it } from 'node:test'
import { promisify } from 'node:util'
import { everythingUnder, fakePrograms, fakeRoot, install } from './fake-root.ts'
import { withOneByteChanged } from './one-byte-changed.ts'
import type { ReleaseBuild } from './release-build.ts'

const run = promisify(execFile)

/** A release, and a folder for what is made here. */
export interface Given {
  readonly folder: string
  readonly release: ReleaseBuild
}

/** What `install.sh` does to another system's root folder. With a service manager it is tried by `scripts/package-test.sh`. */
export function installCases(given: () => Given): void {
  let root = ''
  before(async () => {
    root = await fakeRoot(join(given().folder, 'root'))
  })

  const machine = { amd64: 'x86_64', arm64: 'aarch64' }[process.arch === 'arm64' ? 'arm64' : 'amd64']
  const refusals: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['another user than root', { id: 'echo 1000' }, /root must run this/],
    ['another machine', { uname: 'echo riscv64' }, /this archive is for \w+, and the machine is riscv64/],
    ['a 32-bit system', { getconf: 'echo 32' }, /a 32-bit system: install the 64-bit one/],
    ['musl', { getconf: '[ "$1" = LONG_BIT ] && echo 64' }, /this system has no glibc/],
    [
      'an old glibc',
      { getconf: '[ "$1" = LONG_BIT ] && echo 64 || echo glibc 2.31' },
      /glibc 2\.31 is too old, 2\.34 is needed/,
    ],
    ['the Debian package', { 'dpkg-query': 'echo installed' }, /the Debian package sampan is installed/],
  ]
  for (const [what, programs, sentence] of refusals) {
    it(`refuses ${what} in one line, and changes nothing`, async () => {
      const path = await fakePrograms(join(given().folder, 'programs', what), {
        uname: `echo ${machine}`,
        ...programs,
      })
      const found = everythingUnder(root)

      const { status, printed } = await install(given().release.tree, ['--root', root], path)

      assert.equal(status, 1)
      assert.match(printed, sentence)
      assert.equal(printed.trim().split('\n').length, 1, printed)
      assert.deepEqual(everythingUnder(root), found)
    })
  }

  it('refuses a folder without systemd or users, a changed file and words that it does not know', async () => {
    const empty = join(given().folder, 'empty')
    await mkdir(empty)
    const { status, printed } = await withOneByteChanged(join(given().release.tree, 'NOTICE'), () =>
      install(given().release.tree, ['--root', empty]),
    )

    assert.equal(status, 1)
    assert.match(printed, /there is no systemd in .*\n.*there is no \/etc\/passwd with root/)
    assert.match(printed, /are not those of the release/)
    assert.deepEqual(everythingUnder(empty), [])
    assert.match((await install(given().release.tree, ['--rot'])).printed, /does not know --rot/)
  })

  it('refuses to put an older release beside a newer registry', async () => {
    const other = await fakeRoot(join(given().folder, 'newer'))
    const registry = Buffer.alloc(4_096)
    registry.writeUInt32BE(99_999, 60)
    await mkdir(join(other, 'var/lib/sampan'), { recursive: true })
    await writeFile(join(other, 'var/lib/sampan/registry.db'), registry)
    await writeFile(join(other, 'var/lib/sampan/registry.db.v3'), '')

    const { status, printed } = await install(given().release.tree, ['--root', other])

    assert.equal(status, 1)
    assert.match(printed, /has version 99999, and this release knows \d+.*registry\.db\.v3/)
    assert.ok(!everythingUnder(other).some((name) => name.startsWith('opt')))
  })

  it('puts everything into place, and does nothing the second time', async () => {
    const { status, printed } = await install(given().release.tree, ['--root', root])

    assert.equal(status, 0, printed)
    const unit = await readFile(join(root, 'etc/systemd/system/sampan.service'), 'utf8')
    assert.match(
      unit,
      /^ExecStart=\/opt\/sampan\/current\/bin\/node \/opt\/sampan\/current\/dist\/src\/main\.js$/m,
    )
    assert.match(unit, /^Environment=SAMPAN_WATCHDOG_DIR=\/opt\/sampan\/watchdog$/m)
    assert.ok(!unit.includes('/usr/lib/sampan'))
    assert.match(
      await readFile(join(root, 'etc/passwd'), 'utf8'),
      /^sampan:[x!]:\d+:\d+::\/var\/lib\/sampan:\/usr\/sbin\/nologin$/m,
    )
    assert.equal(statSync(join(root, 'etc/sampan/sampan.env')).mode & 0o777, 0o640)
    assert.ok(statSync(join(root, 'opt/sampan/watchdog', `fwatchdog-${given().release.arch}`)).isFile())
    assert.equal((await run(join(root, 'opt/sampan/current/bin/sampan'), ['--help'])).stderr, '')

    const found = everythingUnder(root)
    assert.match((await install(given().release.tree, ['--root', root])).printed, /is installed already/)
    assert.deepEqual(everythingUnder(root), found)
  })

  it('upgrades and keeps what was edited; --uninstall leaves data and settings, with --purge nothing', async () => {
    const newer = join(given().folder, 'newer-release')
    await cp(given().release.tree, newer, { recursive: true })
    await appendFile(join(newer, 'NOTICE'), 'a later one\n')
    await writeFile(
      join(newer, 'package.json'),
      (await readFile(join(newer, 'package.json'), 'utf8')).replace('9.8.7', '9.8.8'),
    )
    await run('sh', ['-c', 'find . -type f ! -name SHA256SUMS | xargs sha256sum >SHA256SUMS'], {
      cwd: newer,
    })
    await appendFile(join(root, 'etc/sampan/sampan.env'), 'SAMPAN_LOG_LEVEL=debug\n')
    await mkdir(join(root, 'var/lib/sampan'), { recursive: true })

    assert.match((await install(newer, ['--root', root])).printed, /Sampan 9\.8\.8-\w+ is in place/)
    assert.match(await readFile(join(root, 'opt/sampan/current/package.json'), 'utf8'), /"9\.8\.8"/)
    assert.equal(readdirSync(join(root, 'opt/sampan/releases')).length, 2)
    assert.match(await readFile(join(root, 'etc/sampan/sampan.env'), 'utf8'), /LOG_LEVEL=debug/)

    const installer = join(root, 'opt/sampan/current')
    assert.equal((await install(installer, ['--root', root, '--uninstall'])).status, 0)
    const left = everythingUnder(root).map((line) => line.split(' ')[0])
    assert.ok(left.includes('etc/sampan/sampan.env') && left.includes('var/lib/sampan'))
    assert.ok(
      !left.some((name) => name?.startsWith('opt/sampan') === true || name?.endsWith('.service') === true),
    )

    assert.equal((await install(given().release.tree, ['--root', root, '--uninstall', '--purge'])).status, 0)
    assert.ok(
      !everythingUnder(root).some(
        (line) => line.startsWith('etc/sampan') || line.startsWith('var/lib/sampan'),
      ),
    )
  })
}
