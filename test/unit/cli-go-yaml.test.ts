import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { goKeyOrder } from '../../src/cli/output/go-key-order.ts'
import { goYaml } from '../../src/cli/output/go-yaml.ts'

/** What yaml.v3 v3.0.1 of Go wrote for these texts, as the value of a key two levels deep. */
const WRITTEN: readonly (readonly [text: string, written: string])[] = [
  ['yes', '"yes"'],
  ['True', '"True"'],
  ['null', '"null"'],
  ['~', '"~"'],
  ['', '""'],
  ['1', '"1"'],
  ['1.0', '"1.0"'],
  ['0x1F', '"0x1F"'],
  ['1e3', '"1e3"'],
  ['.5', '".5"'],
  ['.', '.'],
  ['1_000', '"1_000"'],
  ['+1', '"+1"'],
  ['.inf', '".inf"'],
  ['0o17', '"0o17"'],
  ['08', '"08"'],
  ['2020-01-02', '"2020-01-02"'],
  ['2020-13-02', '2020-13-02'],
  ['2001-12-14T21:59:43Z', '"2001-12-14T21:59:43Z"'],
  ['12:30', '"12:30"'],
  ['1.2.3', '1.2.3'],
  ['e1', 'e1'],
  ['<<', '<<'],
  ['a: b', "'a: b'"],
  ['a:b', 'a:b'],
  ['a:', "'a:'"],
  ['a #b', "'a #b'"],
  ['a#b', 'a#b'],
  ['# x', "'# x'"],
  ['- x', "'- x'"],
  ['-x', '-x'],
  ['-', "'-'"],
  ['*a', "'*a'"],
  ['&a', "'&a'"],
  ['!x', "'!x'"],
  ['%x', "'%x'"],
  ['@x', "'@x'"],
  ['`x', "'`x'"],
  ['"x"', '\'"x"\''],
  ["'x'", "'''x'''"],
  ["it's", "it's"],
  ['{a}', "'{a}'"],
  ['a,b', 'a,b'],
  ['[a]', "'[a]'"],
  ['?', "'?'"],
  ['? a', "'? a'"],
  ['|', "'|'"],
  ['---', "'---'"],
  ['--- a', "'--- a'"],
  [' a', "' a'"],
  ['a ', "'a '"],
  ['a\tb', '"a\\tb"'],
  ['\\', '\\'],
  ['a\r\nb', '"a\\r\\nb"'],
  ['é', 'é'],
  ['🧀', '"\\U0001F9C0"'],
  ['a\nb', '|-\n      a\n      b'],
  ['a\nb\n', '|\n      a\n      b'],
  ['a\n\n', '|+\n      a\n'],
  ['\n', '|2+'],
  ['\na', '|2-\n      a'],
  [' a\nb', '|2-\n       a\n      b'],
  ['a \nb', '"a \\nb"'],
  ['a\n b', '|-\n      a\n       b'],
  ['x\u0085y', '"x\\Ny"'],
  ['\u0000', '"\\0"'],
  ['\u007f', '"\\x7F"'],
  [
    'word word word word word word word word word word word word word word word word word word word word',
    'word word word word word word word word word word word word word word word word word word word word',
  ],
]

describe('YAML as Go writes it', () => {
  for (const [text, written] of WRITTEN)
    it(`18.5.63: ${JSON.stringify(text)} is ${JSON.stringify(written)}`, () => {
      assert.equal(goYaml({ of: { map: { A: text } } }), `of:\n  map:\n    A: ${written}\n`)
    })

  it('18.5.63: lists are indented, and what is in them stands beside the dash', () => {
    const value = { a: ['x', { b: 'w', c: ['z'] }], d: [], e: {}, f: true }
    assert.equal(goYaml(value), 'a:\n  - x\n  - b: w\n    c:\n      - z\nd: []\ne: {}\nf: true\n')
  })

  it('18.5.63: keys are in the order of Go, where digits are numbers and letters come last', () => {
    const keys = ['AB', 'A_B', 'A1', 'A10', 'A2', 'a', 'B', 'A', 'A01', 'A1_x', 'A1x', '_A', 'é']
    assert.deepEqual(keys.toSorted(goKeyOrder), ORDER)
  })
})

/** As yaml.v3 wrote them. */
const ORDER = ['_A', 'A', 'A_B', 'A1', 'A1x', 'A1_x', 'A01', 'A2', 'A10', 'AB', 'B', 'a', 'é']
