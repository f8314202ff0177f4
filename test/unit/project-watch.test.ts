import assert from 'node:assert/strict'
import { mkdir, mkdtemp, realpath, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Session } from '../../src/cli/session.ts'
import { Bell } from '../../src/cli/watch/bell.ts'
import { ProjectWatch } from '../../src/cli/watch/project-watch.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

describe('the watch of a project', () => {
  let cwd: string
  let watch: ProjectWatch
  let session: Session
  const signal = new AbortController().signal

  beforeEach(async () => {
    cwd = await realpath(await mkdtemp(join(tmpdir(), 'sampan-watch-')))
    const [stdin, stdout, stderr] = [Readable.from([]), new PassThrough(), new PassThrough()]
    session = { stdin, stdout, stderr, env: {}, cwd, signal, clock: systemClock }
    watch = new ProjectWatch(session, { quietMs: 20, longestMs: 200 })
  })
  afterEach(async () => {
    watch.close()
    await rm(cwd, { recursive: true, force: true })
  })

  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(cwd, path)), { recursive: true })
    await writeFile(join(cwd, path), text)
  }
  const begin = (handler = './fn', files: readonly string[] = []) =>
    watch.set({ handlers: new Map([['fn', handler]]), files })
  /** Everything that changed until `isDone`, which must come. */
  const seen = async (isDone: (changed: readonly string[], removed: readonly string[]) => boolean) => {
    const [changed, removed, files] = [new Set<string>(), new Set<string>(), new Set<string>()]
    while (!isDone([...changed], [...removed])) {
      const found = await watch.next(AbortSignal.timeout(20_000))
      for (const path of found.handlers.get('fn')?.changed ?? []) changed.add(path)
      for (const path of found.handlers.get('fn')?.removed ?? []) removed.add(path)
      for (const path of found.files) files.add(path)
    }
    return {
      changed: [...changed].toSorted((a, b) => (a < b ? -1 : 1)),
      removed: [...removed],
      files: [...files],
    }
  }

  it('sees what is written, in new folders of new folders too', async () => {
    await write('fn/handler.js', '1')
    await begin()

    await write('fn/lib/deep/a.js', '1')
    await seen((changed) => changed.includes('lib/deep/a.js'))
    await write('fn/lib/deep/a.js', '2')

    assert.deepEqual((await seen((changed) => changed.length > 0)).changed, ['lib/deep/a.js'])
  })

  it('sees removals and renames, as editors do them, and folders that were replaced', async () => {
    await write('fn/handler.js', '1')
    await write('fn/lib/a.js', '1')
    await begin()

    await write('fn/handler.js~', '2')
    await rename(join(cwd, 'fn/handler.js~'), join(cwd, 'fn/handler.js'))
    assert.deepEqual((await seen((changed) => changed.includes('handler.js'))).removed, [])

    await rm(join(cwd, 'fn/lib'), { recursive: true })
    await write('fn/lib/b.js', '1')
    const { removed } = await seen(
      (changed, gone) => changed.includes('lib/b.js') && gone.includes('lib/a.js'),
    )
    assert.deepEqual(removed, ['lib/a.js'])
    await write('fn/lib/c.js', '1')
    await seen((changed) => changed.includes('lib/c.js'))
  })

  it('goes on after the whole folder was away', async () => {
    await write('fn/handler.js', '1')
    await begin()

    await rm(join(cwd, 'fn'), { recursive: true })
    await seen((_changed, removed) => removed.includes('handler.js'))
    await write('fn/handler.js', '2')

    await seen((changed) => changed.includes('handler.js'))
  })

  it('leaves out what is ignored and what passes, with patterns from the folder of their file on', async () => {
    // A project below folders whose names are ignored in it.
    const base = join(cwd, 'build/template')
    watch.close()
    watch = new ProjectWatch({ ...session, cwd: base }, { quietMs: 20, longestMs: 200 })
    await write('build/template/.gitignore', 'template\nbuild\n*.log\n')
    await write('build/template/fn/.gitignore', 'secret.txt\n')
    await write('build/template/fn/handler.js', '1')
    await begin(join(base, 'fn'))

    for (const path of [
      'a.log',
      'secret.txt',
      '.handler.js.swp',
      '4913',
      'node_modules/x/index.js',
      'build/x',
    ])
      await write(`build/template/fn/${path}`, '1')
    await write('build/template/fn/last.js', '1')

    assert.deepEqual((await seen((changed) => changed.includes('last.js'))).changed, ['last.js'])
    assert.deepEqual([...watch.tree('fn').keys()].includes('a.log'), false)
  })

  it('sees single files, written, removed and made, and nothing else beside them', async () => {
    await write('fn/handler.js', '1')
    await write('stack.yaml', '1')
    await begin('./fn', ['stack.yaml', 'env.yaml'])

    await write('other.yaml', '1')
    await write('env.yaml', '1')
    await write('stack.yaml', '2')
    const files = new Set<string>()
    while (files.size < 2)
      for (const file of (await watch.next(AbortSignal.timeout(20_000))).files) files.add(file)

    assert.deepEqual(
      [...files].toSorted((a, b) => (a < b ? -1 : 1)),
      ['env.yaml', 'stack.yaml'],
    )
  })

  it('takes what only looks different for the same, and what only looks the same for different', async () => {
    await write('fn/handler.js', 'one')
    await begin()

    await utimes(join(cwd, 'fn/handler.js'), new Date(), new Date())
    await write('fn/lib/a.js', '1')
    assert.deepEqual((await seen((changed) => changed.includes('lib/a.js'))).changed, ['lib', 'lib/a.js'])
    await write('fn/handler.js', 'two')
    await seen((changed) => changed.includes('handler.js'))
  })

  it('follows links as a build does, and not in a circle', async () => {
    await write('shared/a.js', '1')
    await write('fn/handler.js', '1')
    await symlink('../shared', join(cwd, 'fn/lib'))
    await symlink('..', join(cwd, 'shared/up'))
    await begin()

    assert.equal(watch.tree('fn').get('lib/a.js')?.kind, 'file')
    assert.ok(watch.tree('fn').size < 50)
  })
})

describe('the bell that says when to look', () => {
  it('waits until it is quiet, but not for ever, and keeps what rings meanwhile', async () => {
    const clock = new FakeClock()
    const bell = new Bell(clock, { quietMs: 100, longestMs: 1_000 })
    let looks = 0
    const signal = new AbortController().signal
    const look = () => void bell.quiet(signal).then(() => (looks += 1))

    look()
    for (let at = 0; at < 9; at += 1) {
      bell.ring()
      await clock.advance(90)
    }
    assert.equal(looks, 0)
    await clock.advance(100)
    assert.equal(looks, 1)
    bell.ring()
    for (let at = 0; at < 20; at += 1) {
      bell.ring()
      await clock.advance(90)
    }
    look()
    await clock.advance(0)
    assert.equal(looks, 2)
  })

  it('ends with its signal', async () => {
    const bell = new Bell(new FakeClock(), { quietMs: 1, longestMs: 1 })
    const ending = new AbortController()
    const waits = assert.rejects(bell.quiet(ending.signal), /over/)
    ending.abort(new Error('over'))
    await waits
  })
})
