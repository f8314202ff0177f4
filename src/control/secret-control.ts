import { FaasError } from '../core/errors.ts'
import { checkSecretName } from '../core/secret-name.ts'
import { checkSecretValue } from '../core/secret-value.ts'

export interface SecretId {
  readonly name: string
  readonly namespace: string
}

export interface SecretControlPorts {
  readonly registry: {
    list(namespace: string): readonly SecretId[]
    insert(secret: SecretId, value: Uint8Array, nowMs: number): void
    replace(secret: SecretId, value: Uint8Array, nowMs: number): void
    remove(secret: SecretId): void
  }
  readonly hasNamespace: (name: string) => boolean
  /** Told after a value changed, so that running replicas see the new one. */
  readonly onChanged: (secret: SecretId) => void
  readonly nowMs: () => number
}

/** The changes that users make to secrets. Values go in and never come out here. */
export class SecretControl {
  readonly #ports: SecretControlPorts

  constructor(ports: SecretControlPorts) {
    this.#ports = ports
  }

  /** Names only; throws `invalid` when there is no such namespace. */
  list(namespace: string): readonly SecretId[] {
    this.#checkNamespace(namespace)
    return this.#ports.registry.list(namespace)
  }

  /** Throws `invalid` for a bad name, value or namespace, `conflict` when it exists. */
  create(secret: SecretId, value: Uint8Array): void {
    this.#check(secret, value)
    this.#ports.registry.insert(secret, value, this.#ports.nowMs())
  }

  /** Throws `not-found`. */
  update(secret: SecretId, value: Uint8Array): void {
    this.#check(secret, value)
    this.#ports.registry.replace(secret, value, this.#ports.nowMs())
    this.#ports.onChanged(secret)
  }

  /** Throws `not-found`. A secret in use may be removed: replicas that have it keep it until they go. */
  remove(secret: SecretId): void {
    this.#checkNamespace(secret.namespace)
    checkSecretName('name', secret.name)
    this.#ports.registry.remove(secret)
  }

  #check(secret: SecretId, value: Uint8Array): void {
    checkSecretName('name', secret.name)
    this.#checkNamespace(secret.namespace)
    checkSecretValue(value)
  }

  #checkNamespace(namespace: string): void {
    if (this.#ports.hasNamespace(namespace)) return
    throw new FaasError('invalid', `namespace: ${JSON.stringify(namespace)} does not exist`)
  }
}
