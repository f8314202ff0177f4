import { nameOf, namespaceOf, type FunctionName } from '../core/functions/function-name.ts'
import {
  type DeployedFunction,
  type EarlierRevision,
  type FunctionChange,
  type Revision,
  revisionsOf,
} from '../core/functions/function-spec.ts'
import type { Database, Row } from './database.ts'
import { EarlierRevisions } from './earlier-revisions.ts'
import { keyOf, nameIn, revisionIn } from './function-rows.ts'

/**
 * The functions that should exist. Reads come from memory, every change is on disk before it is visible and
 * before the call returns.
 */
export class FunctionStore {
  readonly #db: Database
  readonly #earlier: EarlierRevisions
  readonly #functions = new Map<FunctionName, DeployedFunction>()

  constructor(db: Database) {
    this.#db = db
    this.#earlier = new EarlierRevisions(db)
    const lastGood = this.#earlier.lastGood()
    const columns = 'namespace, name, spec, replicas, revision, artifact, created_at, updated_at, resting'
    for (const row of db.all(`SELECT ${columns} FROM function`)) {
      const fn = fallingBackTo(lastGood.get(nameIn(row)), fromRow(row))
      this.#functions.set(fn.spec.name, this.#earlier.isProved(fn) ? { ...fn, isProved: true } : fn)
    }
  }

  get(name: FunctionName): DeployedFunction | undefined {
    return this.#functions.get(name)
  }

  all(): readonly DeployedFunction[] {
    return [...this.#functions.values()]
  }

  countIn(namespace: string): number {
    return this.all().filter(({ spec }) => namespaceOf(spec.name) === namespace).length
  }

  /**
   * The names of the functions in this namespace that use a secret. When only the last good revision uses it,
   * the name comes with that revision's number.
   */
  usersOfSecret(namespace: string, secret: string): readonly string[] {
    const inNamespace = this.all().filter(({ spec }) => namespaceOf(spec.name) === namespace)
    return inNamespace.flatMap((fn) => {
      const user = revisionsOf(fn).find(({ spec }) => spec.secrets.includes(secret))
      if (user === undefined) return []
      const name = nameOf(fn.spec.name)
      return user === fn ? name : `${name} (by its revision ${user.revision}, until a newer one was ready)`
    })
  }

  /** The name must be free. */
  insert(change: FunctionChange): DeployedFunction {
    const { spec, nowMs } = change
    const fn = this.#db.transaction(() => {
      const made = { ...deployed(change, this.#nextRevision()), createdAtMs: nowMs }
      this.#db.run(
        `INSERT INTO function (namespace, name, body, spec, replicas, revision, artifact, created_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...keyOf(spec.name),
        change.body,
        JSON.stringify(spec),
        made.replicas,
        made.revision,
        made.artifact,
        nowMs,
        nowMs,
      )
      return made
    })
    this.#functions.set(spec.name, fn)
    return fn
  }

  /**
   * Replaces the whole spec under a new revision. The old one, which may hold passwords, becomes an earlier
   * revision; those that are too old are erased. The function must exist.
   */
  replace(change: FunctionChange): DeployedFunction {
    const { spec, nowMs } = change
    const before = this.#existing(spec.name)

    const isProved = this.#earlier.isProved(before)
    const lastGood = isProved ? revisionOf(before) : before.lastGood

    const fn = this.#db.erasing(() => {
      const { createdAtMs } = before
      const next = resting({ ...deployed(change, this.#nextRevision()), createdAtMs }, before.isResting)
      const made = fallingBackTo(lastGood, next)
      this.#earlier.keep(before, change.reason ?? '')
      this.#db.run(
        `UPDATE function SET body = ?, spec = ?, replicas = ?, revision = ?, artifact = ?, updated_at = ?
         WHERE namespace = ? AND name = ?`,
        change.body,
        JSON.stringify(spec),
        made.replicas,
        made.revision,
        made.artifact,
        nowMs,
        ...keyOf(spec.name),
      )
      return made
    })
    this.#functions.set(spec.name, fn)
    return fn
  }

  /** Sets the desired replicas of a function that exists. */
  setReplicas(name: FunctionName, replicas: number): DeployedFunction {
    const before = this.#existing(name)
    if (before.replicas === replicas) return before
    this.#db.run(
      'UPDATE function SET replicas = ? WHERE namespace = ? AND name = ?',
      replicas,
      ...keyOf(name),
    )
    const after = { ...before, replicas }
    this.#functions.set(name, after)
    return after
  }

  /**
   * Sets whether it rests; throws `not-found`. Does not wait for the disk, because a call may be waiting.
   * After a power cut the worst is an old value, which does no harm.
   */
  setResting(name: FunctionName, isResting: boolean): DeployedFunction {
    const before = this.#existing(name)
    if ((before.isResting ?? false) === isResting) return before
    this.#db.relaxed(() =>
      this.#db.run(
        'UPDATE function SET resting = ? WHERE namespace = ? AND name = ?',
        isResting ? 1 : 0,
        ...keyOf(name),
      ),
    )
    const after = resting(before, isResting)
    this.#functions.set(name, after)
    return after
  }

  /** Pins what a revision runs; undefined when another revision has taken its place meanwhile. */
  setArtifact(name: FunctionName, revision: number, artifact: string): DeployedFunction | undefined {
    const before = this.#functions.get(name)
    if (before?.revision !== revision) return undefined
    this.#db.run(
      'UPDATE function SET artifact = ? WHERE namespace = ? AND name = ?',
      artifact,
      ...keyOf(name),
    )
    const after = { ...before, artifact }
    this.#functions.set(name, after)
    return after
  }

  /**
   * Notes that this revision was ready: nothing falls back to the one before it any more. Undefined when that
   * was known already, or when another revision has taken its place meanwhile.
   */
  prove(name: FunctionName, revision: number): DeployedFunction | undefined {
    const before = this.#functions.get(name)
    if (before?.revision !== revision || this.#earlier.isProved(before)) return undefined
    const { lastGood: _, ...rest } = before
    const after = { ...rest, isProved: true }
    this.#earlier.prove(before)
    this.#earlier.remember(before)
    this.#functions.set(name, after)
    return after
  }

  /** The revisions before the newest that are kept, newest first. */
  earlier(name: FunctionName): readonly EarlierRevision[] {
    return this.#earlier.of(name)
  }

  /** Erases the revisions before the newest, but for the last good one while it may serve. */
  eraseEarlier(name: FunctionName): void {
    const newest = this.#existing(name)
    this.#db.erasing(() => this.#earlier.drop(newest))
  }

  /** Removes and erases it, with all its revisions. */
  remove(name: FunctionName): void {
    this.#db.erasing(() =>
      this.#db.run('DELETE FROM function WHERE namespace = ? AND name = ?', ...keyOf(name)),
    )
    this.#functions.delete(name)
    this.#earlier.forget(name)
  }

  #existing(name: FunctionName): DeployedFunction {
    const fn = this.#functions.get(name)
    if (fn === undefined) throw new Error(`no row of function ${name}`)
    return fn
  }

  #nextRevision(): number {
    const row = this.#db.get(`UPDATE counter SET value = value + 1 WHERE name = 'revision' RETURNING value`)
    return Number(row?.['value'])
  }
}

function deployed(change: FunctionChange, revision: number): Omit<DeployedFunction, 'createdAtMs'> {
  const { spec, replicas, artifact, nowMs } = change
  return { spec, replicas, artifact, revision, updatedAtMs: nowMs }
}

function revisionOf({ spec, revision, artifact }: DeployedFunction): Revision {
  return { spec, revision, artifact }
}

/** The field is absent when the function does not rest. */
function resting(fn: DeployedFunction, isResting = false): DeployedFunction {
  const { isResting: _, ...awake } = fn
  return isResting ? { ...awake, isResting } : awake
}

function fallingBackTo(lastGood: Revision | undefined, fn: DeployedFunction): DeployedFunction {
  return lastGood === undefined ? fn : { ...fn, lastGood }
}

function fromRow(row: Row): DeployedFunction {
  const fn = {
    ...revisionIn(row),
    replicas: Number(row['replicas']),
    createdAtMs: Number(row['created_at']),
    updatedAtMs: Number(row['updated_at']),
  }
  return resting(fn, row['resting'] === 1)
}
