import type { Database } from './database.ts'
import { RegistryLock } from './registry-lock.ts'

/** Which containers on an engine this registry manages, by the ids of the registries that created them. */
export class OwnerStore {
  readonly #db: Database
  /**
   * This registry's own id: 32 random hexadecimal digits, generated with the file and the same in every copy
   * of it.
   */
  readonly id: string
  readonly #taken: Set<string>

  constructor(db: Database) {
    this.#db = db
    const rows = db.all('SELECT id, is_self FROM owner')
    this.id = String(rows.find((row) => row['is_self'] === 1)?.['id'])
    this.#taken = new Set(rows.filter((row) => row['is_self'] !== 1).map((row) => String(row['id'])))
  }

  /** Ids of registries that it has taken over. The empty id stands for releases that wrote none. */
  taken(): readonly string[] {
    return [...this.#taken]
  }

  /** Whether a process on this host uses the registry with this id. */
  isRunning(id: string): Promise<boolean> {
    return RegistryLock.isTaken(id)
  }

  /** Manages the containers of that registry from now on, also after a restart. */
  takeOver(id: string): void {
    if (id === this.id || this.#taken.has(id)) return
    this.#db.run('INSERT INTO owner (id, is_self) VALUES (?, 0)', id)
    this.#taken.add(id)
  }
}
