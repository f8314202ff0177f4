import { nameOf, namespaceOf, type FunctionName } from '../../core/functions/function-name.ts'
import type {
  CallAttempt,
  CallEnd,
  CallWait,
  NewQueuedCall,
  OpenCalls,
  QueuedCall,
  QueuedCallQuery,
} from '../../core/calls/queued-call.ts'
import type { Database } from '../database.ts'
import { attemptOfRow, callOfRow, openCallsOfRow } from './call-rows.ts'
import { TurnTransaction } from '../turn-transaction.ts'

const INSERT = `
  INSERT INTO call (id, call_id, namespace, name, queue, state, sequence, enqueued_at, next_at, expires_at, callback, idempotency_key)
  VALUES (?, ?, ?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

const ATTEMPT = `
  INSERT INTO attempt (id, attempt, started_at, duration_ms, status, error) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`

const WAIT = `
  UPDATE call SET state = 'waiting', next_at = ?, status = ?, error = ?, duration_ms = ?, attempts = attempts - ?, deferrals = deferrals + ?
  WHERE id = ?`

const END = `
  UPDATE call SET state = ?, finished_at = ?, status = ?, error = ?, duration_ms = ?, reason = ?, sequence = ?, result_file = ?, result_head = ?
  WHERE id = ?`

const OPEN = `
  SELECT queue, namespace, name, sum(state = 'waiting') AS delayed, min(enqueued_at) AS oldest_at FROM call
  WHERE finished_at = 0 GROUP BY queue, namespace, name`

/** The second condition is the one of its index. */
const LATER = `
  SELECT count(*) AS count FROM call
  WHERE queue = ? AND namespace = ? AND name = ? AND next_at > ? AND next_at > 0 AND finished_at = 0`

/** What is finished, but not what lies among the dead letters: that stays as long as its letter. */
const OVER = `finished_at > 0 AND state NOT IN ('dead', 'expired')`

/** Times are milliseconds since the epoch. */
export interface PruneLimits {
  readonly beforeMs: number
  readonly settledMs: number
  readonly most: number
  readonly limit: number
}

/** What `prune` removed. */
export interface Pruned {
  readonly files: readonly string[]
  readonly isMore: boolean
}

/**
 * What became of asynchronous calls: attempts, states, ends. What is still to do is in the streams of NATS; a
 * row that is missing here is made anew from its message. Changes of one turn of the event loop are one
 * transaction.
 */
export class CallStore {
  readonly #db: Database
  readonly #turn: TurnTransaction
  /** Those that `prune` may remove: counting them in the table would take milliseconds. */
  #over: number

  constructor(db: Database, onLost: (error: unknown) => void) {
    this.#db = db
    this.#over = this.#countOver()
    this.#turn = new TurnTransaction(db, (error) => {
      this.#over = this.#countOver()
      onLost(error)
    })
  }

  /** Resolves when the changes so far outlive a kill of the process; rejects when they are lost. */
  saved(): Promise<void> {
    return this.#turn.saved()
  }

  /** Does nothing when there is one with this id, or of this function with this idempotency key. */
  add(call: NewQueuedCall): void {
    const { id, callId, fn, queue, sequence, enqueuedAtMs, nextAtMs, expiresAtMs, hasCallback } = call
    const times = [Math.floor(enqueuedAtMs), Math.ceil(nextAtMs), Math.ceil(expiresAtMs)]
    const callback = hasCallback ? 'waiting' : null
    this.#run(
      INSERT,
      id,
      callId,
      namespaceOf(fn),
      nameOf(fn),
      queue,
      sequence,
      ...times,
      callback,
      call.idempotencyKey,
    )
  }

  get(id: string): QueuedCall | undefined {
    const row = this.#db.get('SELECT * FROM call WHERE id = ?', id)
    return row && callOfRow(row)
  }

  byCallId(callId: string): readonly QueuedCall[] {
    return this.#db.all('SELECT * FROM call WHERE call_id = ? ORDER BY id', callId).map(callOfRow)
  }

  byIdempotencyKey(fn: FunctionName, key: string): QueuedCall | undefined {
    const sql = 'SELECT * FROM call WHERE namespace = ? AND name = ? AND idempotency_key = ?'
    const row = this.#db.get(sql, namespaceOf(fn), nameOf(fn), key)
    return row && callOfRow(row)
  }

  setSequence(id: string, sequence: number): void {
    this.#run('UPDATE call SET sequence = ? WHERE id = ?', sequence, id)
  }

  /** An execution begins, and counts from now on. */
  start(id: string, atMs: number): void {
    const sql = `UPDATE call SET state = 'running', attempts = attempts + 1, started_at = ? WHERE id = ?`
    this.#run(sql, Math.floor(atMs), id)
  }

  addAttempt(id: string, { attempt, startedAtMs, durationMs, status, error }: CallAttempt): void {
    this.#run(ATTEMPT, id, attempt, Math.floor(startedAtMs), durationMs, status, error)
  }

  /** It is made again later. */
  wait(id: string, { nextAtMs, status, error, durationMs, isDeferral }: CallWait): void {
    // What nobody took is no attempt: the one that was counted at its start is taken back.
    const deferral = isDeferral ? 1 : 0
    this.#run(WAIT, Math.ceil(nextAtMs), status, error, durationMs, deferral, deferral, id)
  }

  finish(id: string, end: CallEnd): void {
    const { state, atMs, status, error, durationMs, reason, sequence, resultFile, resultHead } = end
    const over = [state, Math.floor(atMs), status, error, durationMs, reason]
    const changes = this.#run(END, ...over, sequence, resultFile, resultHead, id)
    if (state !== 'dead' && state !== 'expired') this.#over += changes
  }

  setCallback(id: string, state: 'delivered' | 'failed'): void {
    this.#run('UPDATE call SET callback = ? WHERE id = ?', state, id)
  }

  remove(id: string): void {
    this.#run('DELETE FROM call WHERE id = ?', id)
  }

  attempts(id: string): readonly CallAttempt[] {
    return this.#db.all('SELECT * FROM attempt WHERE id = ? ORDER BY attempt', id).map(attemptOfRow)
  }

  /** Newest first. */
  list(query: QueuedCallQuery): readonly QueuedCall[] {
    const { state, isDead, reason, queue, fn, callId, sinceMs, before, limit } = query
    const wanted: [string, string | number | undefined][] = [
      ['state = ?', state],
      [`state IN ('dead', 'expired') AND ? = 1`, isDead && 1],
      ['reason = ?', reason],
      ['queue = ?', queue],
      ['namespace = ?', fn && namespaceOf(fn)],
      ['name = ?', fn && nameOf(fn)],
      ['call_id = ?', callId],
      ['enqueued_at >= ?', sinceMs],
      ['id < ?', before],
    ]
    const given = wanted.flatMap(([clause, value]) => (value === undefined ? [] : [{ clause, value }]))
    const where = given.length === 0 ? '' : `WHERE ${given.map(({ clause }) => clause).join(' AND ')}`
    const values = given.map(({ value }) => value)
    return this.#db
      .all(`SELECT * FROM call ${where} ORDER BY id DESC LIMIT ?`, ...values, limit)
      .map(callOfRow)
  }

  /** Open calls of a function in a queue that are not made before `atMs`. */
  countLater(queue: string, fn: FunctionName, atMs: number): number {
    return Number(this.#db.get(LATER, queue, namespaceOf(fn), nameOf(fn), atMs)?.['count'])
  }

  /** What is open, by queue and function. Reads every row: for people, not for the path of calls. */
  open(): readonly OpenCalls[] {
    return this.#db.all(OPEN).map(openCallsOfRow)
  }

  /** Places of those that lie among the dead letters. */
  deadSequences(): readonly number[] {
    const sql = `SELECT sequence FROM call WHERE state IN ('dead', 'expired')`
    return this.#db.all(sql).map((row) => Number(row['sequence']))
  }

  /** Those that have not ended, and had a place in the stream of calls before this one. */
  openBefore(sequence: number): readonly string[] {
    const sql = 'SELECT id FROM call WHERE finished_at = 0 AND sequence > 0 AND sequence < ?'
    return this.#db.all(sql, sequence).map((row) => String(row['id']))
  }

  /** Dead letters that lay before this place. */
  deadBefore(sequence: number): readonly string[] {
    const sql = `SELECT id FROM call WHERE state IN ('dead', 'expired') AND sequence < ?`
    return this.#db.all(sql, sequence).map((row) => String(row['id']))
  }

  /** Those that wait for their time, the earliest first. */
  waiting(): readonly QueuedCall[] {
    return this.#db.all(`SELECT * FROM call WHERE state = 'waiting' ORDER BY next_at`).map(callOfRow)
  }

  /**
   * Removes what ended before `beforeMs`, and the oldest above `most` that ended before `settledMs`; at most
   * `limit` of both, and first of all what nobody is to be told of any more. Answers the files of their kept
   * answers, and whether more is to be removed.
   */
  prune({ beforeMs, settledMs, most, limit }: PruneLimits): Pruned {
    const surplus = Math.max(0, this.#over - most)
    const sql = `SELECT id, result_file, finished_at FROM call WHERE ${OVER} AND (callback IS NOT 'waiting' OR finished_at < ?) ORDER BY finished_at LIMIT ?`
    const oldest = this.#db.all(sql, beforeMs, limit)
    const rows = oldest.filter((row, at) => {
      const endedAtMs = Number(row['finished_at'])
      return endedAtMs < beforeMs || (at < surplus && endedAtMs < settledMs)
    })
    for (const row of rows) this.remove(String(row['id']))
    this.#over -= rows.length
    const files = rows.map((row) => String(row['result_file'])).filter((file) => file !== '')
    return { files, isMore: rows.length === limit }
  }

  /** Files of the spool that kept answers are in. */
  resultFiles(): readonly string[] {
    return this.#db
      .all(`SELECT result_file FROM call WHERE result_file <> ''`)
      .map((row) => String(row['result_file']))
  }

  pausedQueues(): readonly string[] {
    return this.#db.all('SELECT name FROM queue WHERE is_paused = 1').map((row) => String(row['name']))
  }

  setPaused(queue: string, isPaused: boolean): void {
    const sql =
      'INSERT INTO queue (name, is_paused) VALUES (?, ?) ON CONFLICT DO UPDATE SET is_paused = excluded.is_paused'
    this.#run(sql, queue, isPaused ? 1 : 0)
  }

  /** Writes all of it to a file that does not exist. */
  copyTo(path: string): void {
    this.#turn.flush()
    this.#db.copyTo(path)
  }

  close(): void {
    this.#turn.flush()
    this.#db.close()
  }

  #countOver(): number {
    return Number(this.#db.get(`SELECT count(*) AS count FROM call WHERE ${OVER}`)?.['count'])
  }

  /** How many rows it changed. */
  #run(sql: string, ...values: (string | number | null)[]): number {
    return this.#turn.run(() => this.#db.run(sql, ...values))
  }
}
