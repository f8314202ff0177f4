import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { ENVSUBST, GATEWAY, NAMESPACE, OUTPUT } from './common-flags.ts'

const USUAL = { ...GATEWAY, ...NAMESPACE, ...ENVSUBST } as const satisfies FlagSpecs

/** Two forms of JSON: that of faas-cli, and all that the gateway says. */
const STATUS_OUTPUT = {
  ...OUTPUT,
  json: { ...OUTPUT.json, help: 'the fields of OpenFaaS as JSON, as faas-cli writes them' },
} as const satisfies FlagSpecs

export const LIST_FLAGS = {
  ...USUAL,
  ...STATUS_OUTPUT,
  quiet: { short: 'q', kind: 'bool', help: 'names alone' },
  verbose: { short: 'v', kind: 'bool', help: 'also image and time of deployment' },
  sort: { kind: 'string', default: 'name', value: 'KEY', help: 'name, invocations or creation' },
  watch: { kind: 'bool', help: 'show it again whenever it has changed' },
  'all-namespaces': { kind: 'bool', help: 'of every namespace' },
} as const satisfies FlagSpecs

export const DESCRIBE_FLAGS = {
  ...USUAL,
  ...STATUS_OUTPUT,
  name: { kind: 'string', help: 'taken for compatibility', isHidden: true },
  verbose: { short: 'v', kind: 'bool', help: 'also what is empty' },
} as const satisfies FlagSpecs

export const REMOVE_FLAGS = {
  ...USUAL,
  all: { kind: 'bool', help: 'every function of the namespace' },
  yes: { short: 'y', kind: 'bool', help: 'do not ask' },
} as const satisfies FlagSpecs

export const READY_FLAGS = {
  gateway: GATEWAY.gateway,
  'tls-no-verify': GATEWAY['tls-no-verify'],
  token: GATEWAY.token,
  ...NAMESPACE,
  attempts: { kind: 'int', default: 60, value: 'NUMBER', help: 'how often to look' },
  interval: { kind: 'duration', default: 1_000, value: 'TIME', help: 'time between two looks' },
} as const satisfies FlagSpecs

export const SCALE_FLAGS = USUAL
export const ROLLBACK_FLAGS = {
  ...USUAL,
  to: { kind: 'int', value: 'REVISION', help: 'return to this one, and not to the last good one' },
} as const satisfies FlagSpecs
export const REVISIONS_FLAGS = { ...USUAL, ...OUTPUT } as const satisfies FlagSpecs
export const EVENTS_FLAGS = {
  ...USUAL,
  ...OUTPUT,
  follow: { kind: 'bool', help: 'go on with what happens from now on' },
} as const satisfies FlagSpecs

const NAME = { usage: 'NAME', least: 1, most: 1, names: 'function' } as const

export const FUNCTIONS: readonly AnyCommand[] = [
  command({
    path: ['list'],
    aliases: ['ls'],
    summary: 'list functions',
    examples: ['sampan list', 'sampan list --output wide --watch'],
    arguments: NO_ARGUMENTS,
    flags: LIST_FLAGS,
    load: () => import('../functions/list.ts'),
  }),
  command({
    path: ['describe'],
    summary: 'show one function: how it does, and why',
    arguments: NAME,
    flags: DESCRIBE_FLAGS,
    load: () => import('../functions/describe.ts'),
  }),
  command({
    path: ['remove'],
    aliases: ['rm', 'delete'],
    summary: 'remove functions: those that are named, or those of the stack file',
    details: 'With - as the only name, names are read from standard input.',
    examples: ['sampan remove hello', 'sampan list -q | sampan remove -', 'sampan remove --all'],
    arguments: { usage: '[NAME…]', least: 0, most: Infinity, names: 'function' },
    flags: REMOVE_FLAGS,
    load: () => import('../functions/remove.ts'),
  }),
  command({
    path: ['ready'],
    summary: 'wait until the gateway, or a function, can be called',
    arguments: { usage: '[NAME]', least: 0, most: 1, names: 'function' },
    flags: READY_FLAGS,
    load: () => import('../functions/ready.ts'),
  }),
  command({
    path: ['scale'],
    summary: 'set the number of replicas of a function',
    examples: ['sampan scale hello 3'],
    arguments: { usage: 'NAME REPLICAS', least: 2, most: 2, names: 'function' },
    flags: SCALE_FLAGS,
    load: () => import('../functions/scale.ts'),
  }),
  command({
    path: ['rollback'],
    summary: 'deploy an earlier revision of a function again',
    arguments: NAME,
    flags: ROLLBACK_FLAGS,
    load: () => import('../functions/rollback.ts'),
  }),
  command({
    path: ['revisions'],
    summary: 'list the revisions of a function that are kept',
    arguments: NAME,
    flags: REVISIONS_FLAGS,
    load: () => import('../functions/revisions.ts'),
  }),
  command({
    path: ['events'],
    summary: 'show what was decided about functions of late, and why',
    arguments: { usage: '[NAME]', least: 0, most: 1, names: 'function' },
    flags: EVENTS_FLAGS,
    load: () => import('../functions/events.ts'),
  }),
]
