import { FaasError } from '../core/errors.ts'
import { checkLabel, DEFAULT_NAMESPACE } from '../core/functions/function-name.ts'
import type { StringMap } from '../core/functions/function-spec.ts'
import { checkMap } from '../core/functions/map-limits.ts'
import type { Namespace } from '../core/functions/namespace.ts'

export interface NamespaceControlPorts {
  readonly registry: {
    /** In the order in which they were created. */
    list(): readonly string[]
    get(name: string): Namespace | undefined
    /** False when there is one of this name. */
    insert(namespace: Namespace, nowMs: number): boolean
    /** Labels and annotations as a set. False when there is none of this name. */
    replace(namespace: Namespace): boolean
    remove(name: string): void
  }
  /** How many functions and secrets live in the namespace. */
  readonly contents: (namespace: string) => { readonly functions: number; readonly secrets: number }
  readonly nowMs: () => number
}

/** The changes that users make to namespaces. The default one always exists. */
export class NamespaceControl {
  readonly #ports: NamespaceControlPorts

  constructor(ports: NamespaceControlPorts) {
    this.#ports = ports
  }

  /** All names, the default one first. */
  list(): readonly string[] {
    const others = this.#ports.registry.list().filter((name) => name !== DEFAULT_NAMESPACE)
    return [DEFAULT_NAMESPACE, ...others]
  }

  /** Throws `not-found`. */
  get(name: string): Namespace {
    const found = this.#ports.registry.get(name)
    if (found === undefined) throw unknown(name)
    return found
  }

  /** Throws `invalid` for a bad name, bad labels or a missing mark, `conflict` when it exists. */
  create(namespace: Namespace): void {
    const { name, labels, annotations } = namespace
    if (name === '') throw new FaasError('invalid', 'name: is missing')
    checkLabel('name', name)
    checkMaps(namespace)
    if (!isMarked(labels) && !isMarked(annotations)) {
      throw new FaasError(
        'invalid',
        'labels: a namespace for functions needs the label or annotation openfaas=1',
      )
    }
    if (this.#ports.registry.insert(namespace, this.#ports.nowMs())) return
    throw new FaasError('conflict', `namespace ${name} exists already`)
  }

  /** Replaces labels and annotations as a set; throws `invalid` for bad ones, `not-found`. */
  update(namespace: Namespace): void {
    checkMaps(namespace)
    if (!this.#ports.registry.replace(namespace)) throw unknown(namespace.name)
  }

  /** Throws `invalid` for the default one, `not-found`, `conflict` when something still lives in it. */
  remove(name: string): void {
    if (name === DEFAULT_NAMESPACE)
      throw new FaasError('invalid', 'name: the default namespace cannot be removed')
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

function unknown(name: string): FaasError {
  return new FaasError('not-found', `namespace ${JSON.stringify(name)} does not exist`)
}

function checkMaps({ labels, annotations }: Namespace): void {
  checkMap('labels', labels)
  checkMap('annotations', annotations)
}

/** The mark that clients put on namespaces which are meant for functions. */
function isMarked(map: StringMap): boolean {
  return map['openfaas'] === '1' || map['openfaas'] === 'true'
}
