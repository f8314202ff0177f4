import { millisecondsOf, timestampOf } from '../../core/provider/log-timestamp.ts'
import { CliError, Unreachable } from '../cli-error.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { note, type Session } from '../session.ts'
import { type LogRecord, RecordSplitter } from './log-record.ts'
import { SeenRecords } from './seen-records.ts'

/** Which lines of which function. */
export interface LogAsked {
  readonly name: string
  /** Empty: the gateway's usual one. */
  readonly namespace: string
  readonly follow: boolean
  /** RFC 3339; empty: from the beginning. */
  readonly since: string
  /** 0: not said. Below: all. */
  readonly lines: number
}

interface LogFollowing extends LogAsked {
  readonly gateway: GatewayClient
  readonly onRecord: (record: LogRecord) => void
  /** Ends it, as the end of the program does. */
  readonly signal: AbortSignal
}

/** Lines of several replicas come in no strict order: so much of what was shown is asked for again, and left out. */
const OVERLAP_MS = 1_000

/** Between the end of a connection and the next one. */
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 10_000

/**
 * Hands over each record once. While it follows, a connection that ends is begun again, with the time of the last
 * record; nothing is shown twice. Resolves when there is no more, and rejects when the function is gone.
 */
export async function followLog(session: Session, asked: LogFollowing): Promise<void> {
  const { name, follow, signal } = asked
  const seen = new SeenRecords()
  let waitMs = FIRST_WAIT_MS
  let isFirst = true
  for (;;) {
    const resumed = seen.newest === '' ? asked : { ...asked, since: before(seen.newest), lines: 0 }
    try {
      const read = await readOnce(session, resumed, { seen, isFirst })
      if (!follow) return
      if (read > 0) waitMs = FIRST_WAIT_MS
    } catch (error) {
      if (isFirst || session.signal.aborted || !isPassing(error)) throw error
    }
    if (isFirst) note(session, `The log of ${name} ended; following it goes on as soon as it can.`)
    isFirst = false
    await session.clock.sleep(waitMs, AbortSignal.any([session.signal, signal]))
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)
    seen.reconnected()
  }
}

/** A gateway that is away may come back; one that refuses does not mean it otherwise the next time. */
function isPassing(error: unknown): boolean {
  return error instanceof BrokenOff || error instanceof Unreachable
}

/** The connection ended in the middle. */
class BrokenOff extends CliError {}

async function readOnce(
  { signal }: Session,
  asked: LogFollowing,
  { seen, isFirst }: { readonly seen: SeenRecords; readonly isFirst: boolean },
): Promise<number> {
  const { gateway, onRecord, name } = asked
  const answer = await gateway.send({
    method: 'GET',
    path: pathOf(asked),
    timeoutMs: 0,
    signal: asked.signal,
  })
  if (answer.status !== 200) {
    const text = await answer.text()
    // It is being started again.
    if (!isFirst && answer.status >= 500) throw new BrokenOff(`the gateway answers ${answer.status}`)
    if (answer.status === 404)
      throw new CliError(`there is no function ${name}: ${text.trim() || '404'}`, {
        hint: 'See: sampan list',
      })
    throw gateway.refusal(answer.status, text)
  }
  const splitter = new RecordSplitter()
  let count = 0
  try {
    for await (const chunk of answer.body) {
      for (const record of splitter.add(chunk as Uint8Array)) {
        if (!seen.isNew(record)) continue
        count += 1
        onRecord(record)
      }
    }
  } catch (error) {
    if (signal.aborted) throw error
    if (error instanceof SyntaxError)
      throw new CliError(`the log of ${name} is no JSON: ${error.message}`, { cause: error })
    throw new BrokenOff(`the log of ${name} broke off: ${(error as Error).message}`, { cause: error })
  }
  if (splitter.isInside) throw new BrokenOff(`the log of ${name} broke off in the middle of a line`)
  return count
}

/** Parameters in the order of their names, as Go writes them. */
function pathOf({ name, namespace, follow, since, lines }: LogAsked): string {
  const pairs = [
    ['follow', String(follow)],
    ['name', name],
    ...(namespace === '' ? [] : [['namespace', namespace]]),
    ...(since === '' ? [] : [['since', since]]),
    ...(lines === 0 ? [] : [['tail', String(lines)]]),
  ]
  return `/system/logs?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value ?? '')}`).join('&')}`
}

function before(timestamp: string): string {
  return timestampOf(millisecondsOf(timestamp) - OVERLAP_MS)
}
