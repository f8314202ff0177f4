import { CALL_STATES, DEATH_REASONS } from '../../core/calls/queued-call.ts'
import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { GATEWAY, OUTPUT } from './common-flags.ts'

const OF_FUNCTION = {
  function: { kind: 'string', value: 'NAME', help: 'only calls of this function' },
  namespace: { short: 'n', kind: 'string', value: 'NAME', help: 'namespace of that function' },
} as const satisfies FlagSpecs

const YES = { yes: { short: 'y', kind: 'bool', help: 'do not ask' } } as const satisfies FlagSpecs

const LIMIT = {
  limit: { kind: 'int', default: 100, value: 'NUMBER', help: 'at most so many' },
} as const satisfies FlagSpecs

const REASON = {
  reason: {
    kind: 'string',
    oneOf: ['', ...DEATH_REASONS],
    value: 'REASON',
    help: 'only those given up for this reason',
  },
} as const satisfies FlagSpecs

export const QUEUE_LIST_FLAGS = { ...GATEWAY, ...OUTPUT } as const satisfies FlagSpecs
export const QUEUE_CHANGE_FLAGS = GATEWAY
export const QUEUE_PURGE_FLAGS = { ...GATEWAY, ...OF_FUNCTION, ...YES } as const satisfies FlagSpecs

export const CALLS_LIST_FLAGS = {
  ...GATEWAY,
  ...OF_FUNCTION,
  state: { kind: 'string', oneOf: ['', ...CALL_STATES], value: 'STATE', help: 'only those in this state' },
  'call-id': { kind: 'string', value: 'ID', help: 'only those with this call id' },
  since: { kind: 'duration', value: 'TIME', help: 'only those queued within this time, such as 10m' },
  ...LIMIT,
  ...OUTPUT,
} as const satisfies FlagSpecs
export const CALLS_SHOW_FLAGS = { ...GATEWAY, ...OUTPUT } as const satisfies FlagSpecs
export const CALLS_CANCEL_FLAGS = GATEWAY
export const CALLS_RESULT_FLAGS = {
  ...GATEWAY,
  wait: { kind: 'bool', help: 'wait until the call has ended' },
  include: { short: 'i', kind: 'bool', help: 'show the headers of the answer on standard error' },
} as const satisfies FlagSpecs

export const LETTERS_LIST_FLAGS = {
  ...GATEWAY,
  ...OF_FUNCTION,
  ...REASON,
  ...LIMIT,
  ...OUTPUT,
} as const satisfies FlagSpecs
export const LETTERS_SHOW_FLAGS = {
  ...GATEWAY,
  ...OUTPUT,
  body: { kind: 'bool', help: 'write the bytes that the call was to bring, and nothing else' },
} as const satisfies FlagSpecs
export const LETTERS_CHANGE_FLAGS = {
  ...GATEWAY,
  ...OF_FUNCTION,
  ...REASON,
  before: { kind: 'duration', value: 'TIME', help: 'only those given up longer ago than this, such as 24h' },
  all: { kind: 'bool', help: 'all there are' },
  ...YES,
} as const satisfies FlagSpecs

const ONE_QUEUE = { usage: 'QUEUE', least: 1, most: 1, names: 'queue' } as const
const ONE_CALL = { usage: 'CALL-ID', least: 1, most: 1 } as const
const LETTERS = { usage: '[ID…]', least: 0, most: 1_000 } as const

export const ASYNC: readonly AnyCommand[] = [...queueCommands(), ...callsCommands(), ...letterCommands()]

function queueCommands(): readonly AnyCommand[] {
  return [
    command({
      path: ['queue', 'list'],
      aliases: ['ls'],
      summary: 'list queues and the functions whose calls wait there',
      arguments: NO_ARGUMENTS,
      flags: QUEUE_LIST_FLAGS,
      load: () => import('../async/queue-list.ts'),
    }),
    command({
      path: ['queue', 'pause'],
      summary: 'make no calls of a queue, but go on to take them',
      arguments: ONE_QUEUE,
      flags: QUEUE_CHANGE_FLAGS,
      load: () => import('../async/queue-pause.ts'),
    }),
    command({
      path: ['queue', 'resume'],
      summary: 'make calls of a queue again',
      arguments: ONE_QUEUE,
      flags: QUEUE_CHANGE_FLAGS,
      load: () => import('../async/queue-resume.ts'),
    }),
    command({
      path: ['queue', 'purge'],
      summary: 'cancel the calls that wait in a queue',
      arguments: ONE_QUEUE,
      flags: QUEUE_PURGE_FLAGS,
      load: () => import('../async/queue-purge.ts'),
    }),
  ]
}

function callsCommands(): readonly AnyCommand[] {
  return [
    command({
      path: ['calls', 'list'],
      aliases: ['ls'],
      summary: 'list asynchronous calls, the newest first',
      examples: ['sampan calls list --state waiting', 'sampan calls list --function hello --since 1h'],
      arguments: NO_ARGUMENTS,
      flags: CALLS_LIST_FLAGS,
      load: () => import('../async/calls-list.ts'),
    }),
    command({
      path: ['calls', 'show'],
      summary: 'show an asynchronous call and its executions',
      arguments: ONE_CALL,
      flags: CALLS_SHOW_FLAGS,
      load: () => import('../async/calls-show.ts'),
    }),
    command({
      path: ['calls', 'cancel'],
      summary: 'end asynchronous calls, those that run too',
      arguments: { usage: 'CALL-ID…', least: 1, most: 1_000 },
      flags: CALLS_CANCEL_FLAGS,
      load: () => import('../async/calls-cancel.ts'),
    }),
    command({
      path: ['calls', 'result'],
      summary: 'show the kept answer of an asynchronous call',
      details:
        'An answer is kept when the call asks for it: sampan invoke NAME --async -H "X-Async-Store: 1".',
      arguments: ONE_CALL,
      flags: CALLS_RESULT_FLAGS,
      load: () => import('../async/calls-result.ts'),
    }),
  ]
}

function letterCommands(): readonly AnyCommand[] {
  return [
    command({
      path: ['dead-letters', 'list'],
      aliases: ['ls'],
      summary: 'list calls that were given up, the newest first',
      arguments: NO_ARGUMENTS,
      flags: LETTERS_LIST_FLAGS,
      load: () => import('../async/letters-list.ts'),
    }),
    command({
      path: ['dead-letters', 'show'],
      summary: 'show why a call was given up, or what it was to bring',
      arguments: { usage: 'ID', least: 1, most: 1 },
      flags: LETTERS_SHOW_FLAGS,
      load: () => import('../async/letters-show.ts'),
    }),
    command({
      path: ['dead-letters', 'replay'],
      summary: 'have calls made again that were given up',
      examples: ['sampan dead-letters replay --function hello'],
      arguments: LETTERS,
      flags: LETTERS_CHANGE_FLAGS,
      load: () => import('../async/letters-replay.ts'),
    }),
    command({
      path: ['dead-letters', 'delete'],
      aliases: ['rm', 'remove'],
      summary: 'remove for good calls that were given up',
      examples: ['sampan dead-letters delete --before 24h'],
      arguments: LETTERS,
      flags: LETTERS_CHANGE_FLAGS,
      load: () => import('../async/letters-delete.ts'),
    }),
  ]
}
