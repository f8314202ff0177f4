import { FaasError } from '../core/errors.ts'
import { checkLabel, DEFAULT_NAMESPACE } from '../core/function-name.ts'
import type { StringMap } from '../core/function-spec.ts'
import type { Namespace } from '../core/namespace.ts'
import type { Database } from './database.ts'

/** The namespaces; the default one always exists and cannot be removed. Same durability as the functions. */
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

  /** Throws `not-found`. */
  get(name: string): Namespace {
    const namespace = this.#namespaces.get(name)
    if (namespace === undefined)
      throw new FaasError('not-found', `namespace ${JSON.stringify(name)} does not exist`)
    return namespace
  }

  /** All names, the default one first. */
  list(): readonly string[] {
    const others = [...this.#namespaces.keys()].filter((name) => name !== DEFAULT_NAMESPACE)
    return [DEFAULT_NAMESPACE, ...others]
  }

  /** Throws `invalid` for a bad name, `conflict` when it exists. */
  insert(namespace: Namespace, nowMs: number): void {
    const { name, labels, annotations } = namespace
    checkLabel('name', name)
    if (this.has(name)) throw new FaasError('conflict', `namespace ${name} exists already`)
    this.#db.run(
      'INSERT INTO namespace (name, labels, annotations, created_at) VALUES (?, ?, ?, ?)',
      name,
      JSON.stringify(labels),
      JSON.stringify(annotations),
      nowMs,
    )
    this.#namespaces.set(name, namespace)
  }

  /** Replaces labels and annotations as a set; throws `not-found`. */
  replace(namespace: Namespace): void {
    const { name, labels, annotations } = namespace
    this.get(name)
    this.#db.run(
      'UPDATE namespace SET labels = ?, annotations = ? WHERE name = ?',
      JSON.stringify(labels),
      JSON.stringify(annotations),
      name,
    )
    this.#namespaces.set(name, namespace)
  }

  /** Throws `not-found`, and `invalid` for the default namespace. The caller has checked that it is empty. */
  remove(name: string): void {
    this.get(name)
    if (name === DEFAULT_NAMESPACE)
      throw new FaasError('invalid', `the default namespace ${name} cannot be deleted`)
    this.#db.run('DELETE FROM namespace WHERE name = ?', name)
    this.#namespaces.delete(name)
  }
}
