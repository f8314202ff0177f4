import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { Log } from '../../../log.ts'
import { shortId } from '../../../core/short-id.ts'
import type { FreezerFiles } from '../cgroups/freezer-files.ts'
import { instanceLabel, type Labels, readContainerLabels } from '../container/labels.ts'
import type { ContainerSummary } from '../engine/answers.ts'
import type { ContainerEvent } from '../engine/events.ts'
import { addressIn, type ReplicaAddresses } from './replica-addresses.ts'
import type { HaltWatch } from './halt-watch.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'

/** What this needs of `engine.ts`. */
export interface ObserverEngine {
  listContainers(label: string): Promise<readonly ContainerSummary[]>
}

export interface ObserverOptions {
  readonly engine: ObserverEngine
  readonly instance: string
  readonly table: ReplicaTable
  readonly addresses: Pick<ReplicaAddresses, 'follow' | 'withdraw'>
  readonly halts: Pick<HaltWatch, 'told'>
  /** The cgroup by whose files a container is frozen that the engine takes for running; null: it runs. */
  readonly foundFrozen: (id: string) => Promise<FreezerFiles | null>
  /** Somebody tells a container to end that is frozen by files of the kernel, and so cannot hear it. */
  readonly onTold: (id: string) => void
  /** Whether the container with these labels belongs to our registry. Others are left alone. */
  readonly isOurs: (labels: Labels) => boolean
  readonly log: Log
  /** Something about `fn` changed that may need action. */
  readonly onChange: (fn: FunctionName) => void
  /** A container that should serve died by itself. */
  readonly onCrash: (record: ReplicaRecord, exitCode: number) => void
  /** A running container whose readiness is not known. */
  readonly onUnready: (id: string) => void
  /** Somebody changed the networks of this container. */
  readonly onRewired: (id: string) => void
  /** The event is about an unknown container: a full look is needed. */
  readonly onUnknownContainer: () => void
}

/** What a look at the files of one container's cgroup found. */
interface FreezeFound {
  /** Null: it is not frozen by them. */
  readonly files: FreezerFiles | null
  /** What its record had when that was asked. */
  readonly before: FreezerFiles | null
}

/**
 * Keeps the table in step with the engine, by single events and by full looks. Decides nothing and changes no
 * container.
 */
export class Observer {
  readonly #options: ObserverOptions
  /** Names of containers being created: the engine may show them before it has told us their ids. */
  readonly #making = new Set<string>()

  constructor(options: ObserverOptions) {
    this.#options = options
  }

  /** Announces a container that we are about to create; the returned function ends that. */
  making(name: string): () => void {
    this.#making.add(name)
    return () => this.#making.delete(name)
  }

  /**
   * Reads the state of all containers. One that is found dead here was not seen dying: the engine or the host
   * was restarted, which is not a crash.
   */
  async look(): Promise<void> {
    const { engine, instance, isOurs, table } = this.#options
    const before = table.ids()
    const found = (await engine.listContainers(instanceLabel(instance))).filter(({ labels }) =>
      isOurs(labels),
    )
    const seen = new Set(found.map(({ id }) => id))
    const frozen = await this.#findFrozen(found)

    for (const container of found) {
      if (this.#making.has(container.name) || table.wasDeleted(container.id)) continue
      const record = table.get(container.id)
      if (record === undefined) this.#adopt(container, frozen.get(container.id)?.files ?? null)
      else this.#refresh(this.#unlessThawed(record, frozen.get(container.id)), container)
    }
    // Only those that were known before the list was requested: a newer one may be missing from it.
    for (const id of before) {
      if (!seen.has(id)) this.#removed(id)
    }
  }

  handle(event: ContainerEvent): void {
    const { table, addresses, halts, log, onUnknownContainer, onRewired, onTold } = this.#options
    const record = table.get(event.id)
    if (record === undefined) {
      if (event.kind === 'start') onUnknownContainer()
      return
    }
    switch (event.kind) {
      case 'die':
        this.#died(record, event.exitCode)
        break
      case 'oom':
        table.change(event.id, { ranOutOfMemory: true })
        log.warn('replica ran out of memory', { fn: record.replica.fn, replica: shortId(event.id) })
        break
      case 'kill':
        if (record.frozenIn !== null) onTold(event.id)
        break
      case 'destroy':
        this.#removed(event.id)
        break
      case 'pause':
      case 'unpause':
        halts.told(event.id, event.kind === 'pause')
        break
      case 'disconnect':
        addresses.withdraw(event.id)
        onRewired(event.id)
        break
      case 'connect':
        // A normal start sends this event too. The container keeps serving while it is inspected, also if the
        // engine hangs.
        onRewired(event.id)
        break
      case 'start':
        break
    }
  }

  /**
   * Which of these are frozen without the engine's knowledge. Looks at those that are unknown, or that we have
   * frozen: somebody may have thawed them by hand.
   */
  async #findFrozen(found: readonly ContainerSummary[]): Promise<ReadonlyMap<string, FreezeFound>> {
    const { table, foundFrozen } = this.#options
    const frozen = new Map<string, FreezeFound>()
    await Promise.all(
      found.map(async ({ id, name, state }) => {
        const record = table.get(id)
        const isSettled = record === undefined || (record.frozenIn !== null && record.turning === null)
        if (state !== 'running' || !isSettled || this.#making.has(name)) return
        const files = await foundFrozen(id)
        frozen.set(id, { files, before: record?.frozenIn ?? null })
      }),
    )
    return frozen
  }

  /** Its record without a freeze that somebody has ended by hand. */
  #unlessThawed(record: ReplicaRecord, found: FreezeFound | undefined): ReplicaRecord {
    // Another object is of a later freeze, of which the look says nothing.
    if (record.frozenIn === null || found?.files !== null || found.before !== record.frozenIn) return record
    return this.#options.table.change(record.replica.id, { frozenIn: null }) ?? record
  }

  #adopt(container: ContainerSummary, frozenIn: FreezerFiles | null): void {
    const identity = readContainerLabels(container.labels)
    if (identity === null || container.state === 'removing') return
    const { table, onUnready, onRewired } = this.#options
    const isRunning = container.state === 'running' || container.state === 'paused'
    const { id, createdAtMs } = container
    const host = addressIn(container)
    table.add(id, identity, { isRunning, host, createdAtMs })
    // It is unknown who paused it. If its function should not rest, it is thawed.
    const isFrozen = container.state === 'paused' || frozenIn !== null
    if (isFrozen) table.change(id, { state: 'frozen', frozenIn })
    if (isRunning && host === '') onRewired(id)
    else if (isRunning && !isFrozen) onUnready(id)
    else if (!isRunning) table.change(id, { state: 'gone' })
  }

  #refresh(record: ReplicaRecord, container: ContainerSummary): void {
    const { table, addresses, halts, onChange, onRewired } = this.#options
    // Containers that we are creating have not started yet. Dead ones are never restarted but removed.
    if (!record.isRunning || container.state === 'created') return
    const { id } = record.replica
    if (container.state !== 'running' && container.state !== 'paused') {
      table.change(id, { isRunning: false, ...(record.replica.state !== 'draining' && { state: 'gone' }) })
      onChange(record.replica.fn)
      return
    }
    halts.told(id, container.state === 'paused')
    const host = addressIn(container)
    // Lists are not reliable about this; an inspection is.
    if (host === '') onRewired(id)
    else addresses.follow(record, host)
  }

  #died(record: ReplicaRecord, exitCode: number): void {
    if (!record.isRunning) return
    const { table, onCrash, onChange } = this.#options
    const { id, fn, state } = record.replica
    if (state === 'draining') {
      table.change(id, { isRunning: false, exitCode })
      return
    }
    table.change(id, { isRunning: false, state: 'gone', exitCode })
    onCrash(record, exitCode)
    onChange(fn)
  }

  #removed(id: string): void {
    const { table, onChange } = this.#options
    const record = table.get(id)
    if (record === undefined) return
    table.delete(id)
    onChange(record.replica.fn)
  }
}
