import { type AnyCommand, command, type FlagSpecs } from '../args/command.ts'
import { GATEWAY, NAMESPACE } from './common-flags.ts'

export const LOGS_FLAGS = {
  ...GATEWAY,
  ...NAMESPACE,
  all: { kind: 'bool', help: 'of all functions of the namespace' },
  since: { kind: 'duration', value: 'TIME', help: 'only what was written within this time, such as 10m' },
  'since-time': {
    kind: 'string',
    value: 'TIME',
    help: 'only what was written since, such as 2026-01-02T15:04:05Z',
  },
  lines: {
    kind: 'int',
    default: -1,
    value: 'NUMBER',
    help: 'so many of the lines that are there; -1 for all, and 20 at a terminal',
  },
  tail: {
    short: 't',
    kind: 'bool',
    default: true,
    help: 'follow: show what is written from now on; --tail=false ends',
  },
  grep: { kind: 'string', value: 'RE', help: 'only lines that match this regular expression' },
  output: {
    short: 'o',
    kind: 'string',
    default: 'plain',
    oneOf: ['plain', 'keyvalue', 'json'],
    value: 'FORM',
    help: 'plain, keyvalue or json',
  },
  json: { short: 'j', kind: 'bool', help: 'the same as --output json' },
  'time-format': {
    kind: 'string',
    default: 'rfc3339',
    value: 'LAYOUT',
    help: 'how times look: a layout of Go, or the name of one such as rfc1123; empty for no times',
  },
  name: { kind: 'bool', help: 'show the name of the function; of several it is shown anyway' },
  instance: { kind: 'bool', help: 'show the replica' },
} as const satisfies FlagSpecs

export const LOGS: readonly AnyCommand[] = [
  command({
    path: ['logs'],
    summary: 'show what functions write',
    details:
      'It goes on until Ctrl-C. When the connection ends it is begun again, and no line is shown twice.',
    examples: [
      'sampan logs hello',
      'sampan logs hello resize --since 10m --grep error',
      'sampan logs --all --tail=false',
    ],
    arguments: { usage: '[NAME…]', least: 0, most: 100, names: 'function' },
    flags: LOGS_FLAGS,
    load: () => import('../function-logs/logs.ts'),
  }),
]
