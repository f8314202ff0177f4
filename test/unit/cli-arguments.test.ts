import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FlagSpecs } from '../../src/cli/args/command.ts'
import { parseArguments } from '../../src/cli/args/parse.ts'

const FLAGS = {
  gateway: { short: 'g', kind: 'string', default: 'usual', help: '' },
  quiet: { short: 'q', kind: 'bool', help: '' },
  trim: { kind: 'bool', default: true, help: '' },
  label: { short: 'l', kind: 'list', help: '' },
  lines: { kind: 'int', default: -1, help: '' },
  since: { kind: 'duration', help: '' },
  sort: { kind: 'string', oneOf: ['', 'name', 'age'], help: '' },
} as const satisfies FlagSpecs

function parsed(...words: readonly string[]): Record<string, unknown> {
  const { positionals, values, given } = parseArguments(words, FLAGS)
  const own = Object.fromEntries([...given].map((name) => [name, values[name]]))
  return positionals.length === 0 ? own : { ...own, _: positionals }
}

// The forms of cli.md 1.1, as pflag reads them.
describe('a command line', () => {
  for (const [words, expected] of [
    [['--gateway', 'a'], { gateway: 'a' }],
    [['--gateway=a=b'], { gateway: 'a=b' }],
    [['-g', 'a'], { gateway: 'a' }],
    [['-ga'], { gateway: 'a' }],
    [['-g=a'], { gateway: 'a' }],
    [['-qg', 'a'], { quiet: true, gateway: 'a' }],
    [['-qga'], { quiet: true, gateway: 'a' }],
    [['--trim=false', 'x'], { trim: false, _: ['x'] }],
    [['--trim', 'false'], { trim: true, _: ['false'] }],
    [['-l', 'a=1,2', '--label', 'b'], { label: ['a=1,2', 'b'] }],
    [['--gateway', '-x'], { gateway: '-x' }],
    [['a', '-q', 'b', '--', '-c'], { quiet: true, _: ['a', 'b', '-c'] }],
    [['-'], { _: ['-'] }],
    [['--since', '1m30s'], { since: 90_000 }],
    [['--lines=-5'], { lines: -5 }],
  ] as const) {
    it(`is read as faas-cli reads it: ${words.join(' ')}`, () => assert.deepEqual(parsed(...words), expected))
  }

  it('has the usual values where it says nothing', () => {
    const { values } = parseArguments([], FLAGS)

    assert.deepEqual(values, {
      gateway: 'usual',
      quiet: false,
      trim: true,
      label: [],
      lines: -1,
      since: 0,
      sort: '',
    })
  })

  for (const [words, message] of [
    [['--nope'], /^unknown flag: --nope$/],
    [['-image', 'x'], /^unknown shorthand flag: 'i' in -image$/],
    [['--gateway'], /^flag needs an argument: --gateway$/],
    [['-g'], /^flag needs an argument: -g$/],
    [['--since', '5'], /^invalid argument "5" for "--since" flag: missing unit in duration/],
    [['--lines', 'x'], /^invalid argument "x" for "--lines" flag/],
    [['--quiet=perhaps'], /^invalid argument "perhaps" for "--quiet" flag/],
    [['--sort', 'size'], /it is one of name, age$/],
    [['--constructor'], /^unknown flag: --constructor$/],
  ] as const) {
    it(`is refused: ${words.join(' ')}`, () => assert.throws(() => parsed(...words), { message }))
  }
})
