import type { AnyCommand } from '../args/command.ts'
import type { Group } from '../args/help.ts'
import { ACCESS } from './access.ts'
import { ASYNC } from './async.ts'
import { BUILD } from './build.ts'
import { CALLS } from './calls.ts'
import { COMPLETION } from './completion.ts'
import { DEPLOY } from './deploy.ts'
import { DEV } from './dev.ts'
import { FUNCTIONS } from './functions.ts'
import { HOST } from './host.ts'
import { LOGS } from './logs.ts'
import { NAMESPACES } from './namespaces.ts'
import { SECRETS } from './secrets.ts'
import { STORE_COMMANDS } from './store.ts'
import { TEMPLATES } from './templates.ts'
import { TRANSFER } from './transfer.ts'

/** Every command there is, without the code that runs it. */
export const COMMANDS: readonly AnyCommand[] = [
  ...ACCESS,
  ...ASYNC,
  ...BUILD,
  ...CALLS,
  ...COMPLETION,
  ...DEPLOY,
  ...DEV,
  ...FUNCTIONS,
  ...HOST,
  ...LOGS,
  ...NAMESPACES,
  ...SECRETS,
  ...STORE_COMMANDS,
  ...TEMPLATES,
  ...TRANSFER,
]

/** First words that stand for several commands. */
export const GROUPS: readonly Group[] = [
  { name: 'calls', aliases: ['call'], summary: 'asynchronous calls' },
  { name: 'context', aliases: [], summary: 'names for gateways' },
  { name: 'dead-letters', aliases: ['dead-letter'], summary: 'asynchronous calls that were given up' },
  { name: 'namespace', aliases: ['ns'], summary: 'namespaces of functions and secrets' },
  { name: 'queue', aliases: ['queues'], summary: 'queues of asynchronous calls' },
  { name: 'secret', aliases: [], summary: 'secrets of functions and of builds' },
  { name: 'store', aliases: [], summary: 'functions that can be deployed as they are' },
  { name: 'template', aliases: [], summary: 'templates of functions' },
]
