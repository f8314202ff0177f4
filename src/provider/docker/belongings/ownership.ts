import { FaasError } from '../../../core/errors.ts'
import { quoted } from '../../../core/quoted.ts'
import type { Log } from '../../../log.ts'
import { instanceLabel, type Labels, type Maker, makerLabels, readMaker } from '../container/labels.ts'

/** The registry that says what should run here. `assemble/` connects it. */
export interface OwningRegistry {
  /** Unique over all registries. */
  readonly id: string
  /**
   * Ids of other registries whose containers it manages. The empty id stands for releases that wrote none.
   */
  taken(): readonly string[]
  /** Stores that it manages what another registry created. */
  takeOver(id: string): void
  /** Whether a process on this host uses the registry with this id. */
  isRunning(id: string): Promise<boolean>
}

/** What this needs of `engine.ts`. */
export interface OwnershipEngine {
  listContainers(label: string): Promise<readonly { readonly labels: Labels }[]>
  listNetworks(label: string): Promise<readonly { readonly labels: Labels }[]>
}

export interface OwnershipOptions {
  readonly engine: OwnershipEngine
  readonly instance: string
  readonly dataDir: string
  readonly registry: OwningRegistry
  /** Ids of other registries that the operator wants taken over. */
  readonly wanted: readonly string[]
  readonly log: Log
}

/** The operator's word for things that carry no id. */
const UNMARKED = 'unmarked'

/** The things of one other registry. */
interface Foreign {
  readonly maker: Maker
  containers: number
  networks: number
}

/**
 * Which containers, networks and secret folders with this instance's name are ours: those that carry the id
 * of our registry, or of one that it has taken over. The name alone is not enough: with a wrong data folder,
 * or an empty one because a disk is not mounted, everything that runs would look unwanted and be removed.
 */
export class Ownership {
  readonly #options: OwnershipOptions
  /** Why this daemon may not work on this engine; null when it may, or has not checked yet. */
  #dispute: FaasError | null = null

  constructor(options: OwnershipOptions) {
    this.#options = options
  }

  get dispute(): FaasError | null {
    return this.#dispute
  }

  /** The labels for everything that we create. */
  get labels(): Labels {
    const { registry, dataDir } = this.#options
    return makerLabels({ registryId: registry.id, dataDir })
  }

  isOurs(labels: Labels): boolean {
    return this.owners().includes(readMaker(labels).registryId)
  }

  /** Our own id first, then the ids that were taken over. */
  owners(): readonly string[] {
    const { registry } = this.#options
    return [registry.id, ...registry.taken()]
  }

  /**
   * Checks whether anything with this instance's name belongs to another registry, and takes over what the
   * operator asked for. Throws `conflict`, with a sentence for the operator, when something foreign is left.
   * Nothing may be changed on the engine before this was called.
   */
  async settle(): Promise<void> {
    const { wanted } = this.#options
    this.#dispute = null
    for (const foreign of await this.#foreign()) {
      const isWanted = wanted.includes(foreign.maker.registryId || UNMARKED)
      if (isWanted) await this.#takeOver(foreign)
      else throw this.#refuse(whoseSentence(foreign, this.#options))
    }
  }

  async #foreign(): Promise<readonly Foreign[]> {
    const { engine, instance } = this.#options
    const label = instanceLabel(instance)
    const [containers, networks] = await Promise.all([
      engine.listContainers(label),
      engine.listNetworks(label),
    ])
    const found = new Map<string, Foreign>()
    const of = (labels: Labels): Foreign => {
      const maker = readMaker(labels)
      const foreign = found.get(maker.registryId) ?? { maker, containers: 0, networks: 0 }
      found.set(maker.registryId, foreign)
      return foreign
    }
    for (const { labels } of containers) if (!this.isOurs(labels)) of(labels).containers += 1
    for (const { labels } of networks) if (!this.isOurs(labels)) of(labels).networks += 1
    return [...found.values()]
  }

  async #takeOver(foreign: Foreign): Promise<void> {
    const { registry, log } = this.#options
    const { registryId, dataDir } = foreign.maker
    if (registryId !== '' && (await registry.isRunning(registryId))) {
      throw this.#refuse(
        `the registry ${registryId} cannot be taken over: a Sampan on this host runs with it${folderOf(foreign.maker)}. Stop that one first.`,
      )
    }
    registry.takeOver(registryId)
    const { containers, networks } = foreign
    log.warn('taken over from another registry', {
      registry: registryId || UNMARKED,
      dataDir,
      containers,
      networks,
    })
  }

  #refuse(sentence: string): FaasError {
    this.#dispute = new FaasError('conflict', sentence)
    return this.#dispute
  }
}

function whoseSentence(
  { maker, containers, networks }: Foreign,
  { instance, dataDir }: Pick<OwnershipOptions, 'instance' | 'dataDir'>,
): string {
  const what = [counted(containers, 'container'), counted(networks, 'network')].filter((text) => text !== '')
  const isHere = maker.dataDir === dataDir
  const registry = `for another registry${isHere ? `, which was in this very data folder, ${dataDir}` : folderOf(maker)}`
  const whose =
    maker.registryId === '' ? 'by an earlier release, which did not write for which data folder' : registry
  const cure = isHere
    ? 'Is its disk mounted? Mount it, or put back what was in the folder, or run beside them with another SAMPAN_INSTANCE. '
    : 'Set SAMPAN_DATA_DIR to the data folder that they belong to (is its disk mounted?), or run beside them with another SAMPAN_INSTANCE. '
  return (
    `the instance ${quoted(instance)} has ${what.join(' and ')} on this engine, created ${whose}; nothing was touched. ${cure}` +
    `To take them over, which removes what this registry does not know: SAMPAN_TAKE_OVER=${maker.registryId || UNMARKED}`
  )
}

function folderOf({ dataDir }: Maker): string {
  return dataDir === '' ? '' : `, that of the data folder ${dataDir}`
}

function counted(count: number, noun: string): string {
  if (count === 0) return ''
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}
