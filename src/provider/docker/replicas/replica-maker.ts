import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { hasCode, messageOf } from '../../../core/errors.ts'
import { nameOf, namespaceOf } from '../../../core/functions/function-name.ts'
import type { DeployedFunction } from '../../../core/functions/function-spec.ts'
import type { Log } from '../../../log.ts'
import type { Confinement } from '../container/confinement.ts'
import { containerIdentity, containerSpec, type Mount } from '../container/container-spec.ts'
import { hostLimits } from './image-for.ts'
import type { ContainerIdentity, Labels } from '../container/labels.ts'
import type { ContainerDetails, EngineVersion, ImageFacts } from '../engine/answers.ts'
import { Limiter } from '../../../work/limiter.ts'
import type { FunctionNetwork } from '../belongings/networks.ts'
import { watchdogFile } from '../images/platform.ts'
import { addressIn } from './replica-addresses.ts'
import type { ReplicaTable } from './replica-table.ts'

/** What this needs of `engine.ts`. */
export interface MakerEngine {
  createContainer(name: string, body: object): Promise<string>
  startContainer(id: string): Promise<void>
  inspectContainer(id: string): Promise<ContainerDetails | null>
}

export interface ReplicaMakerOptions {
  readonly engine: MakerEngine
  readonly images: { inspect(idOrRef: string): Promise<ImageFacts | null> }
  readonly networks: { ensure(namespace: string): Promise<FunctionNetwork>; forget(namespace: string): void }
  readonly table: ReplicaTable
  readonly instance: string
  /** The labels that name the owning registry. */
  readonly ownerLabels: () => Labels
  /** A function, because the settings are read after this object was created. */
  readonly confinement: () => Confinement
  readonly log: Log
  readonly watchdogDir: string
  /** Further mounts for a function's containers. */
  readonly mounts: (fn: DeployedFunction) => Promise<readonly Mount[]>
  readonly host: () => EngineVersion | undefined
  /** Announces a container by name before the engine knows it; the returned function ends that. */
  readonly making: (name: string) => () => void
}

/** Everything that replicas of one revision share. */
export interface Blueprint {
  readonly fn: DeployedFunction
  readonly identity: ContainerIdentity
  readonly body: ContainerBody
}

/** The part of the body that may be changed afterwards. */
interface ContainerBody {
  readonly HostConfig?: { readonly StorageOpt?: object }
}

/** Creates and starts containers, a few at a time: more would only make each slower. */
export class ReplicaMaker {
  readonly #options: ReplicaMakerOptions
  readonly #places = new Limiter(4)
  /** Whether the storage driver is still assumed to limit what containers write. */
  #limitsDisk = true

  constructor(options: ReplicaMakerOptions) {
    this.#options = options
  }

  /**
   * Null when the engine does not have the image. `isExact`: accept only the pinned image, not the present
   * one of that name.
   */
  async prepare(fn: DeployedFunction, isExact: boolean): Promise<Blueprint | null> {
    const { networks, instance, ownerLabels, watchdogDir, mounts, host, confinement } = this.#options
    const image = await this.#findImage(fn, isExact)
    if (image === null) return null

    const engine = host()
    const platform = engine ?? { architecture: '', os: '' }
    const body = containerSpec({
      instance,
      ownerLabels: ownerLabels(),
      fn,
      imageRef: image.id,
      image,
      network: await networks.ensure(namespaceOf(fn.spec.name)),
      watchdogFile: join(watchdogDir, watchdogFile(image, platform)),
      ...hostLimits(confinement(), engine),
      mounts: await mounts(fn),
    })
    return { fn, identity: containerIdentity(fn, image), body }
  }

  /**
   * Creates and starts one more replica; returns its id. A failure leaves at most the record of a dead one.
   */
  make(blueprint: Blueprint): Promise<string> {
    return this.#places.run(async () => {
      const id = await this.#create(blueprint)
      await this.#start(id)
      return id
    })
  }

  /** The pinned image or, when it was removed from the engine, the present one of that name. */
  async #findImage(fn: DeployedFunction, isExact: boolean): Promise<ImageFacts | null> {
    const { images } = this.#options
    const pinned = fn.artifact === null ? null : await images.inspect(fn.artifact)
    return pinned ?? (isExact ? null : await images.inspect(fn.spec.image))
  }

  async #create({ fn, identity, body }: Blueprint): Promise<string> {
    const { instance, table, making } = this.#options
    const name = `sampan-${instance}-${nameOf(fn.spec.name)}-${randomBytes(5).toString('hex')}`
    const made = making(name)
    try {
      const id = await this.#createOnDisk(name, this.#limitsDisk ? body : withoutDiskLimit(body))
      // It counts as running from here on, so that an event about its death finds it running.
      table.add(id, identity, { isRunning: true, host: '' })
      return id
    } finally {
      made()
    }
  }

  /** Only the creation of a container shows whether the file system has quotas. */
  async #createOnDisk(name: string, body: ContainerBody): Promise<string> {
    const { engine, log } = this.#options
    try {
      return await engine.createContainer(name, body)
    } catch (error) {
      const isRefusal = /storage-opt|pquota|project quota/i.test(messageOf(error))
      if (!isRefusal || body.HostConfig?.StorageOpt === undefined) throw error
      this.#limitsDisk = false
      log.warn('disk use of functions is not limited', { reason: messageOf(error) })
      return await engine.createContainer(name, withoutDiskLimit(body))
    }
  }

  async #start(id: string): Promise<void> {
    const { engine, networks, table } = this.#options
    try {
      await engine.startContainer(id)
      const details = await engine.inspectContainer(id)
      // If it has ended already, its event reports that.
      const host = details === null ? '' : addressIn(details)
      if (host !== '') table.change(id, { host, pid: details?.pid ?? 0 })
    } catch (error) {
      // An event gave its address before the engine became unreachable: it may be serving already.
      const known = table.get(id)
      if (hasCode(error, 'unavailable') && known?.isRunning === true && known.replica.host !== '') return
      const record = table.change(id, { isRunning: false, state: 'gone' })
      if (record !== undefined && hasCode(error, 'not-found')) networks.forget(namespaceOf(record.replica.fn))
      throw error
    }
  }
}

function withoutDiskLimit(body: ContainerBody): ContainerBody {
  const { StorageOpt: _, ...rest } = body.HostConfig ?? {}
  return { ...body, HostConfig: rest }
}
