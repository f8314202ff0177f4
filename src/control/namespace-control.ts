import { FaasError } from '../core/errors.ts'
import type { Namespace } from '../core/namespace.ts'

export interface NamespaceControlPorts {
  readonly registry: {
    list(): readonly string[]
    get(name: string): Namespace
    insert(namespace: Namespace, nowMs: number): void
    replace(namespace: Namespace): void
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
  get(name: string): Namespace {
    return this.#ports.registry.get(name)
  }

  /** Throws `invalid` for a bad name, `conflict` when it exists. */
  create(namespace: Namespace): void {
    this.#ports.registry.insert(namespace, this.#ports.nowMs())
  }

  /** Replaces labels and annotations as a set; throws `not-found`. */
  update(namespace: Namespace): void {
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
