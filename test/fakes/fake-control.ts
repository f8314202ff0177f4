import { FaasError } from '../../src/core/errors.ts'
import { DEFAULT_NAMESPACE, namespaceOf, type FunctionName } from '../../src/core/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../../src/core/function-spec.ts'
import type { Namespace } from '../../src/core/namespace.ts'
import { replicaBounds, replicasAfterScale, replicasAfterUpdate } from '../../src/core/scaling-policy.ts'
import { checkSecretName, type SecretRef } from '../../src/core/secret-name.ts'
import { checkSecretValue } from '../../src/core/secret-value.ts'
import type { FunctionControl } from '../../src/gateway/api/function-routes.ts'
import type { NamespaceControl } from '../../src/gateway/api/namespace-routes.ts'
import type { SecretControl } from '../../src/gateway/api/secret-routes.ts'
import type { FakeProvider } from './fake-provider.ts'

/** Namespaces in memory. */
export class FakeNamespaces implements NamespaceControl {
  readonly #known = new Map<string, Namespace>([
    [DEFAULT_NAMESPACE, { name: DEFAULT_NAMESPACE, labels: {}, annotations: {} }],
  ])
  /** Namespaces that something lives in. */
  readonly occupied = new Set<string>()

  list(): readonly string[] {
    return [...this.#known.keys()]
  }

  get(name: string): Namespace {
    const found = this.#known.get(name)
    if (found === undefined) throw new FaasError('not-found', `namespace ${name} does not exist`)
    return found
  }

  create(namespace: Namespace): void {
    if (this.#known.has(namespace.name)) {
      throw new FaasError('conflict', `namespace ${namespace.name} exists already`)
    }
    this.#known.set(namespace.name, namespace)
  }

  update(namespace: Namespace): void {
    this.get(namespace.name)
    this.#known.set(namespace.name, namespace)
  }

  remove(name: string): void {
    this.get(name)
    if (name === DEFAULT_NAMESPACE) throw new FaasError('invalid', 'the default namespace cannot be removed')
    if (this.occupied.has(name)) throw new FaasError('conflict', `namespace ${name} is not empty`)
    this.#known.delete(name)
  }
}

/** Desired functions in memory, applied to a fake provider. */
export class FakeFunctions implements FunctionControl {
  /** Bodies as they were deployed. */
  readonly bodies = new Map<FunctionName, string>()
  readonly #provider: FakeProvider
  readonly #namespaces: FakeNamespaces
  readonly #known = new Map<FunctionName, DeployedFunction>()
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
    const { replicas } = this.#existing(spec.name)
    this.#store(spec, body, replicasAfterUpdate(replicas, this.#bounds(spec)))
  }

  async remove(fn: FunctionName): Promise<void> {
    this.#existing(fn)
    this.#known.delete(fn)
    this.#provider.remove(fn)
  }

  async scale(fn: FunctionName, wanted: number): Promise<number> {
    const before = this.#existing(fn)
    const replicas = replicasAfterScale(wanted, this.#bounds(before.spec))
    this.#keep({ ...before, replicas })
    return replicas
  }

  get(fn: FunctionName): DeployedFunction | undefined {
    return this.#known.get(fn)
  }

  list(namespace: string): readonly DeployedFunction[] {
    this.#checkNamespace(namespace)
    return [...this.#known.values()].filter(({ spec }) => namespaceOf(spec.name) === namespace)
  }

  #store(spec: FunctionSpec, body: string, replicas: number): void {
    this.#revision += 1
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

  #keep(fn: DeployedFunction): void {
    this.#known.set(fn.spec.name, fn)
    this.#provider.apply(fn)
  }

  #existing(fn: FunctionName): DeployedFunction {
    const found = this.#known.get(fn)
    if (found === undefined) throw new FaasError('not-found', `function ${fn} does not exist`)
    return found
  }

  #checkNamespace(namespace: string): void {
    if (this.#namespaces.list().includes(namespace)) return
    throw new FaasError('invalid', `namespace: ${JSON.stringify(namespace)} does not exist`)
  }

  #bounds(spec: FunctionSpec): { readonly min: number; readonly max: number } {
    return replicaBounds(spec.labels, this.#provider.capabilities.maxReplicas)
  }
}

/** Secrets in memory. */
export class FakeSecrets implements SecretControl {
  /** Values by `namespace/name`. */
  readonly values = new Map<string, Buffer>()

  list(namespace: string): readonly SecretRef[] {
    const own = [...this.values.keys()].map((key) => key.split('/')).filter(([space]) => space === namespace)
    return own.map(([, name = '']) => ({ name, namespace }))
  }

  create(secret: SecretRef, value: Uint8Array): void {
    checkSecretName('name', secret.name)
    checkSecretValue(value)
    if (this.values.has(keyOf(secret)))
      throw new FaasError('conflict', `secret ${secret.name} exists already`)
    this.values.set(keyOf(secret), Buffer.from(value))
  }

  update(secret: SecretRef, value: Uint8Array): void {
    checkSecretName('name', secret.name)
    checkSecretValue(value)
    this.#check(secret)
    this.values.set(keyOf(secret), Buffer.from(value))
  }

  remove(secret: SecretRef): void {
    checkSecretName('name', secret.name)
    this.#check(secret)
    this.values.delete(keyOf(secret))
  }

  #check(secret: SecretRef): void {
    if (this.values.has(keyOf(secret))) return
    throw new FaasError('not-found', `secret ${secret.name} does not exist`)
  }
}

function keyOf({ name, namespace }: SecretRef): string {
  return `${namespace}/${name}`
}
