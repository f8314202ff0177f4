import type { FlagSpecs } from './args/command.ts'

/** Every command takes them; they mean something where a stack file is read (cli.md 1.1). */
export const GLOBAL_FLAGS = {
  yaml: {
    short: 'f',
    kind: 'string',
    value: 'FILE',
    help: 'stack file, or its URL (stack.yaml or stack.yml when it is here)',
  },
  regex: {
    kind: 'string',
    value: 'RE',
    help: 'only functions of the stack file whose names match this regular expression',
  },
  filter: {
    kind: 'string',
    value: 'GLOB',
    help: 'only functions of the stack file whose names match; * stands for anything',
  },
  help: { short: 'h', kind: 'bool', help: 'show what the command does' },
} as const satisfies FlagSpecs
