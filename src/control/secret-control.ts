import { FaasError } from '../core/errors.ts'
import { unknownNamespace } from '../core/functions/namespace.ts'
import { checkSecretName, type SecretRef } from '../core/functions/secret-name.ts'
import { checkSecretValue } from '../core/functions/secret-value.ts'

export interface SecretControlPorts {
  readonly registry: {
    list(namespace: string): readonly SecretRef[]
    /** False when there is one of this name. */
    insert(secret: SecretRef, value: Uint8Array, nowMs: number): boolean
    /** False when there is none. */
    replace(secret: SecretRef, value: Uint8Array, nowMs: number): boolean
    remove(secret: SecretRef): boolean
  }
  readonly hasNamespace: (name: string) => boolean
  /** Names of the functions that ask for it. */
  readonly usersOf: (secret: SecretRef) => readonly string[]
  /** Told after a value changed or came, so that running replicas see it. */
  readonly onChanged: (secret: SecretRef) => void
  readonly nowMs: () => number
}

/** The changes that users make to secrets. Values go in and never come out here. */
export class SecretControl {
  readonly #ports: SecretControlPorts

  constructor(ports: SecretControlPorts) {
    this.#ports = ports
  }

  /** Names only; throws `invalid` when there is no such namespace. */
  list(namespace: string): readonly SecretRef[] {
    this.#checkNamespace(namespace)
    return this.#ports.registry.list(namespace)
  }

  /** Throws `invalid` for a bad name, value or namespace, `conflict` when it exists. */
  create(secret: SecretRef, value: Uint8Array): void {
    this.#check(secret, value)
    if (!this.#ports.registry.insert(secret, value, this.#ports.nowMs())) {
      const { name, namespace } = secret
      throw new FaasError('conflict', `secret ${name} exists already in namespace ${namespace}`)
    }
    // Replicas may be left from an earlier secret of this name.
    this.#ports.onChanged(secret)
  }

  /** Throws `not-found`. */
  update(secret: SecretRef, value: Uint8Array): void {
    this.#check(secret, value)
    if (!this.#ports.registry.replace(secret, value, this.#ports.nowMs())) throw unknown(secret)
    this.#ports.onChanged(secret)
  }

  /**
   * Throws `not-found`, or `conflict` with the names of the functions that use it: after the next start of
   * the host they would be without it.
   */
  remove(secret: SecretRef): void {
    this.#checkNamespace(secret.namespace)
    checkSecretName('name', secret.name)
    const users = this.#ports.usersOf(secret)
    if (users.length > 0) throw new FaasError('conflict', inUse(secret, users))
    if (!this.#ports.registry.remove(secret)) throw unknown(secret)
  }

  #check(secret: SecretRef, value: Uint8Array): void {
    checkSecretName('name', secret.name)
    this.#checkNamespace(secret.namespace)
    checkSecretValue(value)
  }

  #checkNamespace(namespace: string): void {
    if (this.#ports.hasNamespace(namespace)) return
    throw unknownNamespace(namespace)
  }
}

function unknown({ name, namespace }: SecretRef): FaasError {
  return new FaasError('not-found', `secret ${name} does not exist in namespace ${namespace}`)
}

/** Most names in one sentence. */
const MOST_NAMES = 10

function inUse({ name }: SecretRef, users: readonly string[]): string {
  const named = users.slice(0, MOST_NAMES).join(', ')
  const rest = users.length > MOST_NAMES ? ` and ${users.length - MOST_NAMES} more` : ''
  const [who, what] = users.length === 1 ? ['function', 'uses'] : ['functions', 'use']
  return (
    `secret ${name} is in use: ${who} ${named}${rest} ${what} it. Deploy without it, or remove, first; ` +
    'to change its value update it (faas-cli secret update), which reaches what runs'
  )
}
