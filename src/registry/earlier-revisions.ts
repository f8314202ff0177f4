import { isDev } from '../core/functions/dev-mode.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { EarlierRevision, Revision } from '../core/functions/function-spec.ts'
import type { Database, Row } from './database.ts'
import { keyOf, nameIn, revisionIn } from './function-rows.ts'

/** Revisions of a function that are kept, the newest included. */
const KEPT_REVISIONS = 10

/**
 * The revisions of each function before its newest, and which of them all was the last one to be ready. That
 * one serves while a newer one was not, and is kept however old it is. Each change is part of the caller's
 * transaction.
 */
export class EarlierRevisions {
  readonly #db: Database
  readonly #proved = new Map<FunctionName, number>()

  constructor(db: Database) {
    this.#db = db
    for (const row of db.all('SELECT namespace, name, revision FROM proof')) {
      this.#proved.set(nameIn(row), Number(row['revision']))
    }
  }

  /** The last good revisions of functions whose newest one was never ready. */
  lastGood(): ReadonlyMap<FunctionName, Revision> {
    const rows = this.#db.all(
      `SELECT namespace, name, spec, revision, artifact FROM revision
       JOIN proof USING (namespace, name, revision)`,
    )
    return new Map(rows.map((row) => [nameIn(row), revisionIn(row)]))
  }

  /** Newest first. */
  of(name: FunctionName): readonly EarlierRevision[] {
    const rows = this.#db.all(
      `SELECT namespace, name, revision, created_at, was_ready, body, spec, artifact, reason FROM revision
       WHERE namespace = ? AND name = ? ORDER BY revision DESC`,
      ...keyOf(name),
    )
    return rows.map(fromRow)
  }

  /** Whether this very revision was ready once. */
  isProved({ spec, revision }: Revision): boolean {
    return this.#proved.get(spec.name) === revision
  }

  /** This revision, the newest, was ready. */
  prove({ spec, revision }: Revision): void {
    this.#db.run(
      `INSERT INTO proof (namespace, name, revision) VALUES (?, ?, ?)
       ON CONFLICT (namespace, name) DO UPDATE SET revision = excluded.revision`,
      ...keyOf(spec.name),
      revision,
    )
  }

  /**
   * The newest revision, which is in the table of functions still, is about to be replaced: keeps it, and
   * erases those that are too old, and those of `sampan dev`, which would push out the one to return to.
   * `reason`: what kept it from being ready, if that is known.
   */
  keep(newest: Revision, reason: string): void {
    const key = keyOf(newest.spec.name)
    this.#db.run(
      `INSERT INTO revision (namespace, name, revision, created_at, was_ready, body, spec, artifact, reason)
       SELECT namespace, name, revision, updated_at, ?, body, spec, artifact, ? FROM function
       WHERE namespace = ? AND name = ?`,
      this.isProved(newest) ? 1 : 0,
      reason,
      ...key,
    )
    for (const { spec, revision } of this.of(newest.spec.name))
      if (isDev(spec.annotations) && revision !== this.#lastProved(newest)) this.#erase(newest, revision)
    this.#db.run(
      `DELETE FROM revision WHERE namespace = ? AND name = ? AND revision <> ? AND revision IN (
         SELECT revision FROM revision WHERE namespace = ? AND name = ?
         ORDER BY revision DESC LIMIT -1 OFFSET ?)`,
      ...key,
      this.#lastProved(newest),
      ...key,
      KEPT_REVISIONS - 1,
    )
  }

  /** Deletes all of a function but the one that serves while its newest was not ready. */
  drop(newest: Revision): void {
    this.#db.run(
      'DELETE FROM revision WHERE namespace = ? AND name = ? AND revision <> ?',
      ...keyOf(newest.spec.name),
      this.#lastProved(newest),
    )
  }

  /** What `prove` stored is on disk. */
  remember({ spec, revision }: Revision): void {
    this.#proved.set(spec.name, revision)
  }

  /** The function was removed; the database removes these rows by reference. */
  forget(name: FunctionName): void {
    this.#proved.delete(name)
  }

  #erase({ spec }: Revision, revision: number): void {
    this.#db.run(
      'DELETE FROM revision WHERE namespace = ? AND name = ? AND revision = ?',
      ...keyOf(spec.name),
      revision,
    )
  }

  /** 0, which no revision has, when none was ever ready. */
  #lastProved({ spec }: Revision): number {
    return this.#proved.get(spec.name) ?? 0
  }
}

function fromRow(row: Row): EarlierRevision {
  return {
    ...revisionIn(row),
    body: String(row['body']),
    deployedAtMs: Number(row['created_at']),
    wasReady: row['was_ready'] === 1,
    reason: String(row['reason']),
  }
}
