import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { patternsIn, whySlow } from '../fixtures/regexp-check.ts'

const COMPILED = 'dist/src'

/** Patterns that are linear only because of what stands around them, each with the reason. None today: keep it so. */
const ALLOWED: ReadonlyMap<string, string> = new Map()

describe('the regular expressions of the daemon', () => {
  // What the command line reads is its user's own.
  const files = readdirSync(COMPILED, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.js') && !name.startsWith('cli/'),
  )
  const patterns = files.flatMap((file) =>
    patternsIn(readFileSync(join(COMPILED, file), 'utf8')).map((found) => ({ ...found, file })),
  )

  it('take linear time on every text', () => {
    const slow = patterns
      .filter(({ pattern }) => !ALLOWED.has(pattern))
      .flatMap((found) => {
        const why = whySlow(found)
        return why === null ? [] : [`${found.file}: /${found.pattern}/${found.flags}: ${why}`]
      })

    assert.deepEqual(slow, [])
    assert.ok(patterns.length > 60, `only ${patterns.length} were found`)
  })

  it('stand on the list of exceptions only while they are used', () => {
    const used = new Set(patterns.map(({ pattern }) => pattern))

    assert.deepEqual(
      [...ALLOWED.keys()].filter((pattern) => !used.has(pattern)),
      [],
    )
  })
})

describe('the check of regular expressions', () => {
  const planted = [
    ['the durations of the first release', String.raw`text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)`],
    ['nested repetition', 'const words = /^(a+)+$/'],
    ['a search from every position', String.raw`function f(text) { return text.replace(/\s+$/, '') }`],
    ['one inside a template', 'const t = `${/(x|x)*y/.exec(text)}`'],
  ] as const
  for (const [what, source] of planted) {
    it(`finds ${what}`, () => {
      const [found, ...others] = patternsIn(source)

      assert.ok(found !== undefined && others.length === 0)
      assert.match(whySlow(found) ?? '', /polynomial|exponential/)
    })
  }

  it('passes what is bounded or anchored', () => {
    const found = patternsIn(String.raw`[/^\d+$/, /^[a-z](?:[a-z-]{0,61}[a-z])?$/, /[&<>]/g]`)

    assert.deepEqual(found.map(whySlow), [null, null, null])
  })

  it('refuses a pattern that is put together while the program runs', () => {
    for (const source of ['new RegExp(`^${name}$`)', 'RegExp(name)', 'const f = () => [new RegExp("x")]']) {
      assert.throws(() => patternsIn(source), /write a literal/)
    }
  })
})
