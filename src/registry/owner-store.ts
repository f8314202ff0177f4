import type { Database } from './database.ts'
import { RegistryLock } from './registry-lock.ts'

/** Which containers on an engine this registry answers for: by the ids of the registries that made them. */
export class OwnerStore {
  readonly #db: Database
  /**
   * This registry's own id: 32 hexadecimal digits, made by chance when the file was, and the same in every
   * copy of it.
   */
  readonly id: string
  readonly #taken: Set<string>

  constructor(db: Database) {
    this.#db = db
    const rows = db.all('SELECT id, is_self FROM owner')
    this.id = String(rows.find((row) => row['is_self'] === 1)?.['id'])
    this.#taken = new Set(rows.filter((row) => row['is_self'] !== 1).map((row) => String(row['id'])))
  }

  /** Ids of registries that it has taken over; the empty one stands for releases that wrote none. */
  taken(): readonly string[] {
    return [...this.#taken]
  }

  /** Whether a process of this host works with the registry of this id. */
  isRunning(id: string): Promise<boolean> {
    return RegistryLock.isTaken(id)
  }

  /** Answers for what that registry made from now on, after a restart too. */
  takeOver(id: string): void {
    if (id === this.id || this.#taken.has(id)) return
    this.#db.run('INSERT INTO owner (id, is_self) VALUES (?, 0)', id)
    this.#taken.add(id)
  }
}
