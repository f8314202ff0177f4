import { functionName, nameOf, namespaceOf, type FunctionName } from '../core/functions/function-name.ts'
import type { Database } from './database.ts'

/** Does nothing for a removed function, whose row was removed with it. */
const SAVE = `
  INSERT INTO invocation (namespace, name, answered)
  SELECT namespace, name, ? FROM function WHERE namespace = ? AND name = ?
  ON CONFLICT DO UPDATE SET answered = excluded.answered`

/** How often each function was called, over restarts. */
export class InvocationStore {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  load(): Map<FunctionName, number> {
    const counts = new Map<FunctionName, number>()
    for (const row of this.#db.all('SELECT namespace, name, answered FROM invocation')) {
      counts.set(functionName(String(row['name']), String(row['namespace'])), Number(row['answered']))
    }
    return counts
  }

  /**
   * Stores totals, in one transaction; a function that is gone is passed over. Survives a kill, but not a
   * power cut right afterwards.
   */
  save(totals: ReadonlyMap<FunctionName, number>): void {
    this.#db.relaxed(() => {
      for (const [fn, total] of totals) {
        this.#db.run(SAVE, total, namespaceOf(fn), nameOf(fn))
      }
    })
  }
}
