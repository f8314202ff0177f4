import { type AnyCommand, command, type FlagSpecs } from '../args/command.ts'
import { ENVSUBST, GATEWAY, NAMESPACE } from './common-flags.ts'

export const INVOKE_FLAGS = {
  ...GATEWAY,
  ...NAMESPACE,
  ...ENVSUBST,
  name: { kind: 'string', help: 'taken for compatibility', isHidden: true },
  data: { kind: 'string', value: 'TEXT', help: 'what the function gets, instead of standard input' },
  file: { kind: 'string', value: 'FILE', help: 'file with what the function gets; - is standard input' },
  json: { kind: 'bool', help: 'what it gets and gives is JSON: sets Content-Type and Accept' },
  'content-type': {
    kind: 'string',
    default: 'text/plain',
    value: 'TYPE',
    help: 'type of what the function gets',
  },
  query: { kind: 'list', value: 'NAME=TEXT', help: 'parameter of the query' },
  header: { short: 'H', kind: 'list', value: "'NAME: TEXT'", help: 'header of the request' },
  method: {
    short: 'm',
    kind: 'string',
    default: 'POST',
    oneOf: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    value: 'METHOD',
    help: 'method of the request',
  },
  include: { short: 'i', kind: 'bool', help: 'show status and headers of the answer on standard error' },
  timeout: { kind: 'duration', help: 'how long it may take altogether; without it there is no limit' },
  repeat: {
    kind: 'int',
    default: 1,
    value: 'TIMES',
    help: 'call it so often, one after the other, and sum up the times',
  },
  async: { short: 'a', kind: 'bool', help: 'have it called later: only say that the call is queued' },
  wait: { kind: 'bool', help: 'with --async: wait for the end of the call and show its answer' },
  sign: { kind: 'string', value: 'HEADER', help: 'header for an HMAC of what the function gets' },
  key: { kind: 'string', value: 'TEXT', help: 'key of that HMAC' },
  auth: { kind: 'bool', help: 'exchange the stored OpenID Connect token for one of the function' },
} as const satisfies FlagSpecs

export const CALLS: readonly AnyCommand[] = [
  command({
    path: ['invoke'],
    summary: 'call a function and show its answer',
    details:
      'What the function gets is read from standard input, unless there is --data or --file. Its answer is written to standard output as it is, byte by byte; an answer that is no success is an error on standard error.',
    examples: [
      "sampan invoke hello --data 'some text'",
      'sampan invoke resize -H "Content-Type: image/png" < in.png > out.png',
      'sampan invoke hello --async --wait --data x',
    ],
    arguments: { usage: 'NAME', least: 1, most: 1, names: 'function' },
    flags: INVOKE_FLAGS,
    load: () => import('../calls/invoke.ts'),
  }),
]
