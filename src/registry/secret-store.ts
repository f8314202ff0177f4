import { FaasError } from '../core/errors.ts'
import type { SecretRef } from '../core/secret-name.ts'
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

  /** Throws `conflict` when it exists. */
  insert(secret: SecretRef, value: Uint8Array, nowMs: number): void {
    const { namespace, name } = secret
    if (this.has(namespace, name))
      throw new FaasError('conflict', `secret ${name} exists already in namespace ${namespace}`)
    this.#db.run(
      'INSERT INTO secret (namespace, name, value, updated_at) VALUES (?, ?, ?, ?)',
      namespace,
      name,
      this.#seal.seal(labelOf(namespace, name), value),
      nowMs,
    )
  }

  /** The old value is erased; throws `not-found`. */
  replace(secret: SecretRef, value: Uint8Array, nowMs: number): void {
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
    if (changed === 0) throw unknownSecret(secret)
  }

  /** The value is erased; throws `not-found`. */
  remove(secret: SecretRef): void {
    const { namespace, name } = secret
    const removed = this.#db.erasing(() =>
      this.#db.run('DELETE FROM secret WHERE namespace = ? AND name = ?', namespace, name),
    )
    if (removed === 0) throw unknownSecret(secret)
  }
}

function unknownSecret({ name, namespace }: SecretRef): FaasError {
  return new FaasError('not-found', `secret ${name} does not exist in namespace ${namespace}`)
}

function labelOf(namespace: string, name: string): string {
  return `${namespace}/${name}`
}
