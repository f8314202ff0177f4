import type { StringMap } from '../core/functions/function-spec.ts'
import type { Namespace } from '../core/functions/namespace.ts'
import type { Database } from './database.ts'

/** The namespaces. Same durability as the functions. */
export class NamespaceStore {
  readonly #db: Database
  readonly #namespaces = new Map<string, Namespace>()

  constructor(db: Database) {
    this.#db = db
    for (const row of db.all('SELECT name, labels, annotations FROM namespace ORDER BY created_at, name')) {
      const name = String(row['name'])
      const labels = JSON.parse(String(row['labels'])) as StringMap
      const annotations = JSON.parse(String(row['annotations'])) as StringMap
      this.#namespaces.set(name, { name, labels, annotations })
    }
  }

  has(name: string): boolean {
    return this.#namespaces.has(name)
  }

  get(name: string): Namespace | undefined {
    return this.#namespaces.get(name)
  }

  /** All names, in the order in which they were created. */
  list(): readonly string[] {
    return [...this.#namespaces.keys()]
  }

  /** False when there is one of this name. */
  insert(namespace: Namespace, nowMs: number): boolean {
    const { name, labels, annotations } = namespace
    if (this.has(name)) return false
    this.#db.run(
      'INSERT INTO namespace (name, labels, annotations, created_at) VALUES (?, ?, ?, ?)',
      name,
      JSON.stringify(labels),
      JSON.stringify(annotations),
      nowMs,
    )
    this.#namespaces.set(name, namespace)
    return true
  }

  /** Replaces labels and annotations as a set. False when there is none of this name. */
  replace(namespace: Namespace): boolean {
    const { name, labels, annotations } = namespace
    if (!this.has(name)) return false
    this.#db.run(
      'UPDATE namespace SET labels = ?, annotations = ? WHERE name = ?',
      JSON.stringify(labels),
      JSON.stringify(annotations),
      name,
    )
    this.#namespaces.set(name, namespace)
    return true
  }

  /** One that something lives in cannot be removed. */
  remove(name: string): void {
    this.#db.run('DELETE FROM namespace WHERE name = ?', name)
    this.#namespaces.delete(name)
  }
}
