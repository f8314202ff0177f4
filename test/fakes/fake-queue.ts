import { FaasError } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { FINAL_STATES, type QueuedCall, type QueuedCallQuery } from '../../src/core/calls/queued-call.ts'
import type {
  CallHistory,
  DeadLetterFilter,
  DeadLetterReport,
  KeptBody,
  KeptResult,
  QueueReport,
} from '../../src/core/calls/queue-report.ts'
import type { QueueControl } from '../../src/gateway/api/queue/queue-routes.ts'

/** A ULID that ends with `at`. */
export function letterId(at: number): string {
  return `01K0000000000000000000${String(at).padStart(4, '0')}`
}

/** A call that has ended well. */
export function queuedCall(changes: Partial<QueuedCall> = {}): QueuedCall {
  return {
    id: letterId(1),
    callId: 'call-1',
    fn: functionName('figlet'),
    queue: 'faas-request',
    state: 'succeeded',
    attempts: 1,
    deferrals: 0,
    sequence: 7,
    enqueuedAtMs: 1_700_000_000_000,
    startedAtMs: 1_700_000_001_000,
    finishedAtMs: 1_700_000_002_500,
    nextAtMs: 0,
    expiresAtMs: 1_700_003_600_000,
    status: 200,
    error: '',
    durationMs: 1_500,
    reason: null,
    callback: null,
    resultFile: '',
    resultHead: '',
    ...changes,
  }
}

/** Bytes in pieces of one. */
export async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  for (const byte of Buffer.from(text)) yield Uint8Array.of(byte)
}

/** Calls in memory, and what was asked of them. */
export class FakeQueue implements QueueControl {
  readonly calls: QueuedCall[] = []
  readonly done: string[] = []
  readonly queries: QueuedCallQuery[] = []
  readonly filters: DeadLetterFilter[] = []
  reports: readonly QueueReport[] = []
  kept: KeptResult | null = null
  letter: Omit<DeadLetterReport, 'call' | 'attempts'> & { readonly body: KeptBody } = {
    method: 'POST',
    path: '/a?b=c',
    bodyBytes: 3,
    lastAnswer: Uint8Array.of(0x6f, 0x75, 0x74, 0xff),
    body: { size: 3, chunks: bytesOf('ink') },
  }

  readonly admin = {
    queues: () => this.reports,
    pause: async (queue: string) => this.#queue('pause', queue),
    resume: async (queue: string) => this.#queue('resume', queue),
    purge: async (queue: string, fn?: string) => {
      this.#queue(`purge ${fn ?? 'all'} of`, queue)
      return 3
    },
    calls: (query: QueuedCallQuery) => {
      this.queries.push(query)
      return this.calls.slice(0, query.limit)
    },
    callsOf: (callId: string): readonly CallHistory[] => {
      const attempts = [
        { attempt: 1, startedAtMs: 1_700_000_001_000, durationMs: 20, status: 500, error: '' },
      ]
      return this.#byCallId(callId).map((call) => ({ call, attempts }))
    },
    result: async (callId: string) => {
      this.#byCallId(callId)
      return this.kept
    },
  }

  readonly deadLetters = {
    list: (query: QueuedCallQuery) => this.admin.calls(query),
    inspect: async (id: string): Promise<DeadLetterReport> => {
      const { body: _body, ...letter } = this.letter
      return { call: this.#dead(id), attempts: [], ...letter }
    },
    body: async (id: string) => {
      this.#dead(id)
      return this.letter.body
    },
    replay: async (id: string) => {
      this.done.push(`replay ${id}`)
      return this.#dead(id).callId
    },
    remove: async (id: string) => {
      this.#dead(id)
      this.done.push(`remove ${id}`)
    },
    each: async (filter: DeadLetterFilter, action: 'replay' | 'remove') => {
      this.filters.push(filter)
      this.done.push(`${action} many`)
      return 2
    },
  }

  async cancel(callId: string): Promise<readonly QueuedCall[]> {
    const open = this.#byCallId(callId).filter(({ state }) => !FINAL_STATES.has(state))
    if (open.length === 0) throw new FaasError('conflict', 'the call has ended: succeeded')
    this.done.push(`cancel ${callId}`)
    return open
  }

  #queue(action: string, queue: string): void {
    if (queue.includes('.')) throw new FaasError('invalid', 'queue: must be …')
    this.done.push(`${action} ${queue}`)
  }

  #byCallId(callId: string): readonly QueuedCall[] {
    const found = this.calls.filter((call) => call.callId === callId)
    if (found.length === 0) throw new FaasError('not-found', 'no asynchronous call has this id')
    return found
  }

  #dead(id: string): QueuedCall {
    const found = this.calls.find((call) => call.id === id && call.state === 'dead')
    if (found === undefined) throw new FaasError('not-found', `there is no dead letter ${id}`)
    return found
  }
}
