import { FaasError } from '../core/errors.ts'
import { functionName, nameOf, namespaceOf, type FunctionName } from '../core/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../core/function-spec.ts'
import type { Database, Row } from './database.ts'

/** A deploy or an update about to be stored. */
export interface FunctionChange {
  readonly spec: FunctionSpec
  /** The body as the client sent it. */
  readonly body: string
  readonly replicas: number
  readonly artifact: string | null
  readonly nowMs: number
}

/**
 * The functions that should exist. Reads come from memory, every change is on disk before it is visible and before the call returns.
 */
export class FunctionStore {
  readonly #db: Database
  readonly #functions = new Map<FunctionName, DeployedFunction>()

  constructor(db: Database) {
    this.#db = db
    const columns = 'namespace, name, spec, replicas, revision, artifact, created_at, updated_at'
    for (const row of db.all(`SELECT ${columns} FROM function`)) {
      const fn = fromRow(row)
      this.#functions.set(fn.spec.name, fn)
    }
  }

  get(name: FunctionName): DeployedFunction | undefined {
    return this.#functions.get(name)
  }

  all(): readonly DeployedFunction[] {
    return [...this.#functions.values()]
  }

  /** Names of the functions of this namespace that ask for a secret. */
  usersOfSecret(namespace: string, secret: string): readonly string[] {
    const inNamespace = this.all().filter(({ spec }) => namespaceOf(spec.name) === namespace)
    return inNamespace.flatMap(({ spec }) => (spec.secrets.includes(secret) ? [nameOf(spec.name)] : []))
  }

  /** Throws `conflict` when the name is taken. */
  insert(change: FunctionChange): DeployedFunction {
    const { spec, nowMs } = change
    if (this.#functions.has(spec.name))
      throw new FaasError('conflict', `function ${spec.name} exists already`)

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

  /** Replaces the whole spec under a new revision, and erases the old one, which may hold passwords; throws `not-found`. */
  replace(change: FunctionChange): DeployedFunction {
    const { spec, nowMs } = change
    const before = this.#existing(spec.name)

    const fn = this.#db.erasing(() => {
      const made = { ...deployed(change, this.#nextRevision()), createdAtMs: before.createdAtMs }
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

  /** Sets the desired replicas; throws `not-found`. */
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

  /** Removes and erases it; throws `not-found`. */
  remove(name: FunctionName): void {
    this.#existing(name)
    this.#db.erasing(() =>
      this.#db.run('DELETE FROM function WHERE namespace = ? AND name = ?', ...keyOf(name)),
    )
    this.#functions.delete(name)
  }

  #existing(name: FunctionName): DeployedFunction {
    const fn = this.#functions.get(name)
    if (fn === undefined) throw new FaasError('not-found', `function ${name} does not exist`)
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

function keyOf(name: FunctionName): [string, string] {
  return [namespaceOf(name), nameOf(name)]
}

function fromRow(row: Row): DeployedFunction {
  const spec = JSON.parse(String(row['spec'])) as FunctionSpec
  const artifact = row['artifact']
  return {
    spec: { ...spec, name: functionName(String(row['name']), String(row['namespace'])) },
    revision: Number(row['revision']),
    replicas: Number(row['replicas']),
    artifact: typeof artifact === 'string' ? artifact : null,
    createdAtMs: Number(row['created_at']),
    updatedAtMs: Number(row['updated_at']),
  }
}
