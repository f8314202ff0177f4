import type { FunctionName } from '../../src/core/functions/function-name.ts'
import type { ReplicaList } from '../../src/logs/tail-hub.ts'

/** Containers of one function. */
export class FakeReplicaList implements ReplicaList {
  readonly #listeners = new Set<() => void>()
  #ids: readonly string[] = []

  set(...ids: readonly string[]): void {
    this.#ids = ids
    for (const listener of this.#listeners) listener()
  }

  get listeners(): number {
    return this.#listeners.size
  }

  replicas(_fn: FunctionName): readonly { readonly id: string }[] {
    return this.#ids.map((id) => ({ id }))
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
