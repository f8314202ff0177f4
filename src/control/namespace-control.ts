import { FaasError } from '../core/errors.ts'
import type { StringMap } from '../core/function-spec.ts'

export interface NamespaceFacts {
  readonly name: string
  readonly labels: StringMap
  readonly annotations: StringMap
}

export interface NamespaceControlPorts {
  readonly registry: {
    list(): readonly string[]
    get(name: string): NamespaceFacts
    insert(namespace: NamespaceFacts, nowMs: number): void
    replace(namespace: NamespaceFacts): void
    remove(name: string): void
  }
  /** How many functions and secrets live in the namespace. */
  readonly contents: (namespace: string) => { readonly functions: number; readonly secrets: number }
  readonly nowMs: () => number
}

/** The changes that users make to namespaces. */
export class NamespaceControl {
  readonly #ports: NamespaceControlPorts

  constructor(ports: NamespaceControlPorts) {
    this.#ports = ports
  }

  /** All names, the default one first. */
  list(): readonly string[] {
    return this.#ports.registry.list()
  }

  /** Throws `not-found`. */
  get(name: string): NamespaceFacts {
    return this.#ports.registry.get(name)
  }

  /** Throws `invalid` for a bad name, `conflict` when it exists. */
  create(namespace: NamespaceFacts): void {
    this.#ports.registry.insert(namespace, this.#ports.nowMs())
  }

  /** Replaces labels and annotations as a set; throws `not-found`. */
  update(namespace: NamespaceFacts): void {
    this.#ports.registry.replace(namespace)
  }

  /** Throws `not-found`, `conflict` when something still lives in it, `invalid` for the default one. */
  remove(name: string): void {
    this.get(name)
    const { functions, secrets } = this.#ports.contents(name)
    if (functions + secrets > 0) {
      throw new FaasError(
        'conflict',
        `namespace ${name} still has ${functions} functions and ${secrets} secrets`,
      )
    }
    this.#ports.registry.remove(name)
  }
}
