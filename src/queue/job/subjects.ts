import { isQueueName } from '../../core/calls/async-annotations.ts'
import {
  type FunctionName,
  nameOf,
  namespaceOf,
  parseFunctionName,
} from '../../core/functions/function-name.ts'

/** Calls that wait. */
export const CALLS_STREAM = 'FAAS_ASYNC'
/** Answers on their way to the URLs that their callers gave. */
export const CALLBACKS_STREAM = 'FAAS_CALLBACK'
/** What was given up. */
export const DEAD_STREAM = 'FAAS_DLQ'
/** Calls that other programs publish in OpenFaaS's own format. */
export const INGEST_STREAM = 'FAAS_INGEST'

/** The subject on which OpenFaaS's gateway publishes (http-api 9.2). */
export const INGEST_SUBJECT = 'faas-request'

/** The queue of functions that name none; OpenFaaS's. */
export const DEFAULT_QUEUE = 'faas-request'

/** One line of messages: those of one function in one queue of one stream. */
export interface LaneName {
  readonly queue: string
  readonly fn: FunctionName
}

/** Neither names of functions nor of queues have a dot, so the text is unambiguous. `prefix` ends with a dot. */
export function subjectOf(prefix: string, { queue, fn }: LaneName): string {
  return `${prefix}${queue}.${namespaceOf(fn)}.${nameOf(fn)}`
}

/** What `subjectOf` wrote; null for a subject of another form. */
export function laneOf(prefix: string, subject: string): LaneName | null {
  if (!subject.startsWith(prefix)) return null
  const [queue = '', namespace = '', name = '', ...rest] = subject.slice(prefix.length).split('.')
  const fn = parseFunctionName(`${name}.${namespace}`)
  return fn === null || !isQueueName(queue) || rest.length > 0 ? null : { queue, fn }
}

/**
 * The durable name of a lane's consumer. Names of functions have no underscore, so it is unambiguous, whatever
 * the queue is called.
 */
export function consumerOf({ queue, fn }: LaneName): string {
  return `q_${queue}__${namespaceOf(fn)}__${nameOf(fn)}`
}

export const CALLS_PREFIX = 'faas.async.'
export const CALLBACKS_PREFIX = 'faas.cb.'
export const DEAD_PREFIX = 'faas.dlq.'
