import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { substitute } from '../../src/cli/stack/substitute.ts'

const VALUES: Readonly<Record<string, string>> = {
  V: 'value',
  EMPTY: '',
  W: 'other',
  PATH_LIKE: '/path/to/file.tar.gz',
  UP: 'aBc',
  WIDE: 'añb',
}

const substituted = (text: string): string => substitute(text, (name) => VALUES[name] ?? '')

// Each row of cli.md 5.
describe('variables in a stack file', () => {
  for (const [text, expected] of [
    ['a ${V} b', 'a value b'],
    ['${NONE}', ''],
    ['$V stays', '$V stays'],
    ['${V:-d} ${EMPTY:-d} ${NONE:-d}', 'value d d'],
    ['${EMPTY:=d} ${EMPTY=d}', 'd d'],
    ['${EMPTY:?d} ${V:+d}', 'd value'],
    ['${NONE:-${W}}', 'other'],
    ['${UP^} ${UP^^} ${UP,} ${UP,,}', 'ABc ABC aBc abc'],
    ['${#V} ${#WIDE}', '5 4'],
    ['${V:2} ${V:1:3} ${V:-3}', 'lue alu value'],
    ['${V/a/A} ${PATH_LIKE//t/T}', 'vAlue /paTh/To/file.Tar.gz'],
    ['${V/#va/VA} ${V/%ue/UE}', 'VAlue valUE'],
    [
      '${PATH_LIKE##*/} ${PATH_LIKE%.*} ${PATH_LIKE%%.*} ${PATH_LIKE#/*/}',
      'file.tar.gz /path/to/file.tar /path/to/file to/file.tar.gz',
    ],
    ['$${V} costs $$5', '${V} costs $5'],
    ['a\\/b c\\\\d', 'a/b c\\d'],
    ['# ${V} in a comment', '# value in a comment'],
  ] as const) {
    it(`18.5.58: ${text} is ${expected === '' ? 'nothing' : expected}`, () =>
      assert.equal(substituted(text), expected))
  }

  for (const text of ['${V', '${V-d}', '${A.B}', 'a\n${V:-']) {
    it(`18.5.58: ${JSON.stringify(text)} is refused, with its line`, () =>
      assert.throws(() => substituted(text), {
        name: 'CliError',
        message: /^line \d: (missing closing brace|bad substitution): /,
      }))
  }

  it('takes time in proportion to the text, whatever stands in it', () => {
    const text = '${V:-'.repeat(2_000) + 'x' + '}'.repeat(2_000)

    assert.equal(substituted(text), 'value')
    assert.equal(
      substitute('${V##' + '*'.repeat(200) + 'x}', () => 'a'.repeat(200)),
      'a'.repeat(200),
    )
  })
})
