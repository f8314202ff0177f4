import { Limiter } from '../../../work/limiter.ts'
import type { ContainerDetails } from '../engine/answers.ts'
import type { ReplicaTable } from './replica-table.ts'

export interface ContainerPidsOptions {
  readonly engine: { inspectContainer(id: string): Promise<ContainerDetails | null> }
  readonly table: ReplicaTable
}

/** Tells the PIDs of containers' first processes on the engine's host. */
export class ContainerPids {
  readonly #options: ContainerPidsOptions
  /** A restarted daemon may find a thousand replicas. */
  readonly #inspections = new Limiter(8)

  constructor(options: ContainerPidsOptions) {
    this.#options = options
  }

  /** 0 when unknown. An adopted container is inspected for it once. Never rejects. */
  async of(id: string): Promise<number> {
    const { engine, table } = this.#options
    const known = table.get(id)?.pid ?? 0
    if (known !== 0) return known
    // An unreachable engine tells nothing, which is not a failure here.
    const details = await this.#inspections.run(() => engine.inspectContainer(id)).catch(() => null)
    const pid = details?.pid ?? 0
    table.change(id, { pid })
    return pid
  }
}
