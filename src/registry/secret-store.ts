import type { SecretRef } from '../core/functions/secret-name.ts'
import type { Database } from './database.ts'
import type { SecretSeal } from './secret-seal.ts'

/** The secrets, sealed at rest. Only `value` ever gives one out. */
export class SecretStore {
  readonly #db: Database
  readonly #seal: SecretSeal

  constructor(db: Database, seal: SecretSeal) {
    this.#db = db
    this.#seal = seal
  }

  /** Whether the registry holds any sealed value: asked before there is a seal. */
  static holdsValues(db: Database): boolean {
    return db.get('SELECT 1 FROM secret LIMIT 1') !== undefined
  }

  /** Whether the key fits: tries one value. True where there is none. */
  canOpen(): boolean {
    const row = this.#db.get('SELECT namespace, name, value FROM secret LIMIT 1')
    if (row === undefined) return true
    try {
      this.#seal.open(labelOf(String(row['namespace']), String(row['name'])), row['value'] as Uint8Array)
      return true
    } catch {
      return false
    }
  }

  list(namespace: string): readonly SecretRef[] {
    const rows = this.#db.all('SELECT name FROM secret WHERE namespace = ? ORDER BY name', namespace)
    return rows.map((row) => ({ name: String(row['name']), namespace }))
  }

  has(namespace: string, name: string): boolean {
    return (
      this.#db.get('SELECT 1 FROM secret WHERE namespace = ? AND name = ?', namespace, name) !== undefined
    )
  }

  /** The exact bytes, or undefined when there is no such secret. */
  value(namespace: string, name: string): Buffer | undefined {
    const row = this.#db.get('SELECT value FROM secret WHERE namespace = ? AND name = ?', namespace, name)
    const sealed = row?.['value']
    return sealed instanceof Uint8Array ? this.#seal.open(labelOf(namespace, name), sealed) : undefined
  }

  /** False when there is one of this name. */
  insert(secret: SecretRef, value: Uint8Array, nowMs: number): boolean {
    const { namespace, name } = secret
    if (this.has(namespace, name)) return false
    this.#db.run(
      'INSERT INTO secret (namespace, name, value, updated_at) VALUES (?, ?, ?, ?)',
      namespace,
      name,
      this.#seal.seal(labelOf(namespace, name), value),
      nowMs,
    )
    return true
  }

  /** The old value is erased. False when there is none. */
  replace(secret: SecretRef, value: Uint8Array, nowMs: number): boolean {
    const { namespace, name } = secret
    const sealed = this.#seal.seal(labelOf(namespace, name), value)
    const changed = this.#db.erasing(() =>
      this.#db.run(
        'UPDATE secret SET value = ?, updated_at = ? WHERE namespace = ? AND name = ?',
        sealed,
        nowMs,
        namespace,
        name,
      ),
    )
    return changed > 0
  }

  /** The value is erased. False when there is none. */
  remove({ namespace, name }: SecretRef): boolean {
    const removed = this.#db.erasing(() =>
      this.#db.run('DELETE FROM secret WHERE namespace = ? AND name = ?', namespace, name),
    )
    return removed > 0
  }
}

function labelOf(namespace: string, name: string): string {
  return `${namespace}/${name}`
}
