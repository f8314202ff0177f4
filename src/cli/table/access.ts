import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { ENVSUBST, GATEWAY, OUTPUT } from './common-flags.ts'

// The flags of a command stand alone, because its handler has its type from them, and the command the type of the handler.

export const VERSION_FLAGS = {
  ...GATEWAY,
  ...ENVSUBST,
  ...OUTPUT,
  'short-version': { kind: 'bool', help: 'only the version of this program' },
  'warn-update': {
    kind: 'bool',
    default: true,
    help: 'taken for compatibility: nothing is looked up',
    isHidden: true,
  },
} as const satisfies FlagSpecs

export const ACCESS: readonly AnyCommand[] = [
  command({
    path: ['version'],
    summary: 'show the versions of this program, the gateway and the provider',
    arguments: NO_ARGUMENTS,
    flags: VERSION_FLAGS,
    load: () => import('../access/version.ts'),
  }),
]
