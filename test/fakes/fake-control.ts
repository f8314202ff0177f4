import { NamespaceControl } from '../../src/control/namespace-control.ts'
import { SecretControl } from '../../src/control/secret-control.ts'
import { FaasError } from '../../src/core/errors.ts'
import {
  DEFAULT_NAMESPACE,
  namespaceOf,
  unknownFunction,
  type FunctionName,
} from '../../src/core/functions/function-name.ts'
import type {
  DeployedFunction,
  EarlierRevision,
  FunctionSpec,
} from '../../src/core/functions/function-spec.ts'
import { unknownNamespace, type Namespace } from '../../src/core/functions/namespace.ts'
import {
  revisionHistory,
  revisionToReturnTo,
  type HistoryEntry,
} from '../../src/core/functions/revision-history.ts'
import {
  replicaBounds,
  replicasAfterScale,
  replicasAfterUpdate,
} from '../../src/core/scaling/scaling-policy.ts'
import type { SecretRef } from '../../src/core/functions/secret-name.ts'
import type { FunctionControl } from '../../src/gateway/api/functions/function-routes.ts'
import type { RevisionControl } from '../../src/gateway/api/functions/revision-routes.ts'
import type { FakeProvider } from './fake-provider.ts'

/** Namespaces in memory; `control` has the rules. */
export class FakeNamespaces {
  readonly #known = new Map<string, Namespace>([
    [DEFAULT_NAMESPACE, { name: DEFAULT_NAMESPACE, labels: {}, annotations: {} }],
  ])
  /** Namespaces that something lives in. */
  readonly occupied = new Set<string>()
  readonly control = new NamespaceControl({
    registry: this,
    contents: (name) => ({ functions: this.occupied.has(name) ? 1 : 0, secrets: 0 }),
    nowMs: () => 0,
  })

  has(name: string): boolean {
    return this.#known.has(name)
  }

  list(): readonly string[] {
    return [...this.#known.keys()]
  }

  get(name: string): Namespace | undefined {
    return this.#known.get(name)
  }

  insert(namespace: Namespace): boolean {
    if (this.has(namespace.name)) return false
    this.#known.set(namespace.name, namespace)
    return true
  }

  replace(namespace: Namespace): boolean {
    if (!this.has(namespace.name)) return false
    this.#known.set(namespace.name, namespace)
    return true
  }

  remove(name: string): void {
    this.#known.delete(name)
  }
}

/** Desired functions in memory, applied to a fake provider. */
export class FakeFunctions implements FunctionControl, RevisionControl {
  /** Bodies as they were deployed. */
  readonly bodies = new Map<FunctionName, string>()
  readonly #provider: FakeProvider
  readonly #namespaces: FakeNamespaces
  readonly #known = new Map<FunctionName, DeployedFunction>()
  /** Newest first; each was ready. */
  readonly #earlier = new Map<FunctionName, readonly EarlierRevision[]>()
  #revision = 0

  constructor(provider: FakeProvider, namespaces: FakeNamespaces) {
    this.#provider = provider
    this.#namespaces = namespaces
  }

  async deploy(spec: FunctionSpec, body: string): Promise<void> {
    this.#checkNamespace(namespaceOf(spec.name))
    if (this.#known.has(spec.name)) throw new FaasError('conflict', `function ${spec.name} exists already`)
    this.#store(spec, body, this.#bounds(spec).min)
  }

  async update(spec: FunctionSpec, body: string): Promise<void> {
    const { replicas } = this.existing(spec.name)
    this.#store(spec, body, replicasAfterUpdate(replicas, this.#bounds(spec)))
  }

  revisions(fn: FunctionName): readonly HistoryEntry[] {
    return revisionHistory(this.find(fn), this.#earlier.get(fn) ?? [], this.#provider.condition(fn))
  }

  async rollback(fn: FunctionName, wanted?: number): Promise<readonly string[]> {
    const newest = this.existing(fn)
    const { spec, body } = revisionToReturnTo(newest, this.#earlier.get(fn) ?? [], wanted)
    this.#store(spec, body, newest.replicas)
    return this.#provider.remarked
  }

  eraseRevisions(fn: FunctionName): void {
    this.existing(fn)
    this.#earlier.delete(fn)
  }

  async remove(fn: FunctionName): Promise<void> {
    this.existing(fn)
    this.#known.delete(fn)
    this.#earlier.delete(fn)
    this.#provider.remove(fn)
  }

  async scale(fn: FunctionName, wanted: number): Promise<number> {
    const before = this.existing(fn)
    const replicas = replicasAfterScale(wanted, this.#bounds(before.spec))
    this.#keep({ ...before, replicas })
    return replicas
  }

  get(fn: FunctionName): DeployedFunction | undefined {
    return this.#known.get(fn)
  }

  existing(fn: FunctionName): DeployedFunction {
    const found = this.#known.get(fn)
    if (found === undefined) throw unknownFunction(fn)
    return found
  }

  find(fn: FunctionName): DeployedFunction {
    if (!this.#known.has(fn)) this.#checkNamespace(namespaceOf(fn))
    return this.existing(fn)
  }

  list(namespace: string): readonly DeployedFunction[] {
    this.#checkNamespace(namespace)
    return [...this.#known.values()].filter(({ spec }) => namespaceOf(spec.name) === namespace)
  }

  #store(spec: FunctionSpec, body: string, replicas: number): void {
    this.#revision += 1
    this.#becomesEarlier(spec.name)
    this.bodies.set(spec.name, body)
    const createdAtMs = this.#known.get(spec.name)?.createdAtMs ?? this.#revision
    this.#keep({
      spec,
      revision: this.#revision,
      replicas,
      artifact: 'sha256:fake',
      createdAtMs,
      updatedAtMs: this.#revision,
    })
  }

  #becomesEarlier(name: FunctionName): void {
    const before = this.#known.get(name)
    if (before === undefined) return
    const body = this.bodies.get(name) ?? ''
    const earlier = { ...before, body, deployedAtMs: before.updatedAtMs, wasReady: true, reason: '' }
    this.#earlier.set(name, [earlier, ...(this.#earlier.get(name) ?? [])])
  }

  #keep(fn: DeployedFunction): void {
    this.#known.set(fn.spec.name, fn)
    this.#provider.apply(fn)
  }

  #checkNamespace(namespace: string): void {
    if (!this.#namespaces.has(namespace)) throw unknownNamespace(namespace)
  }

  #bounds(spec: FunctionSpec): { readonly min: number; readonly max: number } {
    return replicaBounds(spec.labels, this.#provider.capabilities.maxReplicas)
  }
}

/** Secrets in memory; `control` has the rules. Every namespace exists. */
export class FakeSecrets {
  /** Values by `namespace/name`. */
  readonly values = new Map<string, Buffer>()
  readonly control = new SecretControl({
    registry: this,
    hasNamespace: () => true,
    usersOf: () => [],
    onChanged: () => {},
    nowMs: () => 0,
  })

  list(namespace: string): readonly SecretRef[] {
    const own = [...this.values.keys()].map((key) => key.split('/')).filter(([space]) => space === namespace)
    return own.map(([, name = '']) => ({ name, namespace }))
  }

  insert(secret: SecretRef, value: Uint8Array): boolean {
    if (this.values.has(keyOf(secret))) return false
    this.values.set(keyOf(secret), Buffer.from(value))
    return true
  }

  replace(secret: SecretRef, value: Uint8Array): boolean {
    if (!this.values.has(keyOf(secret))) return false
    this.values.set(keyOf(secret), Buffer.from(value))
    return true
  }

  remove(secret: SecretRef): boolean {
    return this.values.delete(keyOf(secret))
  }
}

function keyOf({ name, namespace }: SecretRef): string {
  return `${namespace}/${name}`
}
