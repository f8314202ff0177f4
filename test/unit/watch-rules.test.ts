import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type IgnoreFile, ignoreRulesIn, isIgnored, isNamedBy } from '../../src/cli/watch/ignore-rules.ts'
import { isPassing } from '../../src/cli/watch/passing-files.ts'
import { changesBetween, type SeenEntry } from '../../src/cli/watch/tree-changes.ts'

/** Whether a file of the top folder that says `text` ignores a path; one with a slash at its end is a folder. */
function ignores(text: string, path: string): boolean {
  const isFolder = path.endsWith('/')
  const names = path.split('/').filter((name) => name !== '')
  return isIgnored([{ at: [], rules: ignoreRulesIn(text) }], names, isFolder)
}

describe('a .gitignore', () => {
  const cases: readonly (readonly [text: string, ignored: readonly string[], kept: readonly string[]])[] = [
    ['*.log', ['a.log', 'x/y/b.log', '.log'], ['a.logs', 'log']],
    ['build', ['build/', 'x/build/', 'build'], ['builds', 'rebuild']],
    ['build/', ['build/', 'x/build/'], ['build']],
    ['/build', ['build', 'build/'], ['x/build']],
    ['a/b', ['a/b'], ['x/a/b', 'a/bc']],
    ['a/**', ['a/b', 'a/b/c'], ['a/', 'a']],
    ['**/x', ['x', 'a/x', 'a/b/x'], ['xy']],
    ['a/**/b', ['a/b', 'a/c/b', 'a/c/d/b'], ['a/c', 'b']],
    ['*.js\n!keep.js', ['a.js', 'x/b.js'], ['keep.js', 'x/keep.js']],
    ['# a comment\n\n\\#real\n\\!not', ['#real', '!not'], ['# a comment', 'not']],
    ['a?c', ['abc'], ['ac', 'a/c', 'abbc']],
    ['[a-c].t', ['a.t', 'c.t'], ['d.t', '-.t']],
    ['[!a].t', ['b.t'], ['a.t']],
    ['[]x].t', ['].t', 'x.t'], ['y.t']],
    ['trailing   ', ['trailing'], ['trailing   ']],
    ['escaped\\ ', ['escaped '], ['escaped']],
    ['crlf\r', ['crlf'], []],
    ['a*b*c', ['abc', 'axxbxxc', 'abbcbc'], ['abx', 'acb']],
    ['[broken', [], ['[broken', 'b']],
    ['/', [], ['a']],
  ]
  for (const [text, ignored, kept] of cases)
    it(`a file that says ${JSON.stringify(text)} ignores what git ignores`, () => {
      for (const path of ignored) assert.equal(ignores(text, path), true, path)
      for (const path of kept) assert.equal(ignores(text, path), false, path)
    })

  it('counts below its own folder, and the inner one decides', () => {
    const files: readonly IgnoreFile[] = [
      { at: [], rules: ignoreRulesIn('*.txt\n/top') },
      { at: ['fn'], rules: ignoreRulesIn('!a.txt\n/own') },
    ]

    assert.equal(isIgnored(files, ['fn', 'a.txt'], false), false)
    assert.equal(isIgnored(files, ['a.txt'], false), true)
    assert.equal(isIgnored(files, ['fn', 'own'], false), true)
    assert.equal(isIgnored(files, ['own'], false), false)
    assert.equal(isIgnored(files, ['fn', 'top'], false), false)
  })

  it('takes no long time for a hostile pattern', () => {
    const startMs = performance.now()
    ignores(`${'*a'.repeat(200)}b`, 'a'.repeat(5_000))
    ignores(`${'**/a/'.repeat(50)}b`, `${'a/'.repeat(400)}c`)
    assert.ok(performance.now() - startMs < 10_000)
  })

  it('is the form in which a template names what needs a build', () => {
    const names = ['package.json', '/vendor/']

    assert.equal(isNamedBy(names, 'package.json'), true)
    assert.equal(isNamedBy(names, 'handler.js'), false)
  })
})

describe('what editors leave beside a file', () => {
  it('is known by its name', () => {
    for (const name of [
      '.handler.js.swp',
      'a.swx',
      'handler.js~',
      '.#handler.js',
      '#handler.js#',
      '4913',
      '.goutputstream-AB1',
      'x.js___jb_tmp___',
    ])
      assert.equal(isPassing(name, false), true, name)
    for (const name of ['handler.js', '49130', '#', 'a.swf', 'node_modules', '.gitignore'])
      assert.equal(isPassing(name, false), false, name)
    assert.equal(isPassing('node_modules', true), true)
    assert.equal(isPassing('lib', true), false)
  })
})

describe('what became of a folder', () => {
  const file = (digest: string, mode = 0o644): SeenEntry => ({ kind: 'file', mode, digest })
  const folder: SeenEntry = { kind: 'folder', mode: 0o755, digest: '' }
  const tree = (entries: Readonly<Record<string, SeenEntry>>) => new Map(Object.entries(entries))

  it('is what is new, different or gone; a rename is both', () => {
    const before = tree({ a: file('1'), b: file('2'), c: file('3'), lib: folder, 'lib/x': file('4') })
    const after = tree({ a: file('1'), b: file('9'), d: file('3'), lib: folder, 'lib/x': file('4', 0o755) })

    assert.deepEqual(changesBetween(before, after), { changed: ['b', 'd', 'lib/x'], removed: ['c'] })
  })

  it('has folders before what is in them, and a file where a folder was', () => {
    const changes = changesBetween(
      tree({ 'x-y': file('1') }),
      tree({ x: folder, 'x/a': file('1'), 'x-y': folder }),
    )

    assert.deepEqual(changes, { changed: ['x', 'x-y', 'x/a'], removed: [] })
  })
})
