import type { FunctionName } from '../core/function-name.ts'
import type { Revision } from '../core/function-spec.ts'
import type { Database } from './database.ts'
import { keyOf, nameIn, revisionIn } from './function-rows.ts'

/**
 * Which revision of a function was ready, and the one to fall back to while its newest was not. Each change
 * is part of the caller's transaction.
 */
export class GoodRevisions {
  readonly #db: Database
  readonly #proved = new Map<FunctionName, number>()

  constructor(db: Database) {
    this.#db = db
    for (const row of db.all('SELECT namespace, name, revision FROM proof')) {
      this.#proved.set(nameIn(row), Number(row['revision']))
    }
  }

  /** The stored last good revisions, of functions whose newest revision was never ready. */
  all(): ReadonlyMap<FunctionName, Revision> {
    const rows = this.#db.all('SELECT namespace, name, spec, revision, artifact FROM last_good')
    return new Map(rows.map((row) => [nameIn(row), revisionIn(row)]))
  }

  /** Whether this very revision was ready once. */
  isProved({ spec, revision }: Revision): boolean {
    return this.#proved.get(spec.name) === revision
  }

  /** This revision was ready: the stored fallback is no longer needed. */
  prove({ spec, revision }: Revision): void {
    const key = keyOf(spec.name)
    this.#db.run(
      `INSERT INTO proof (namespace, name, revision) VALUES (?, ?, ?)
       ON CONFLICT (namespace, name) DO UPDATE SET revision = excluded.revision`,
      ...key,
      revision,
    )
    this.#db.run('DELETE FROM last_good WHERE namespace = ? AND name = ?', ...key)
  }

  /**
   * A revision that was ready is replaced by one that has not been ready yet: keeps the former as fallback.
   */
  keep({ spec, revision, artifact }: Revision): void {
    this.#db.run(
      'INSERT OR REPLACE INTO last_good (namespace, name, spec, revision, artifact) VALUES (?, ?, ?, ?, ?)',
      ...keyOf(spec.name),
      JSON.stringify(spec),
      revision,
      artifact,
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
}
