import { messageOf } from '../../core/errors.ts'
import { DEFAULT_NAMESPACE, type FunctionName, namespaceOf } from '../../core/function-name.ts'
import type { DeployedFunction } from '../../core/function-spec.ts'
import type { Log } from '../../log.ts'
import type { Mount } from './container-spec.ts'
import { EngineAway } from './engine-errors.ts'
import type { Networks } from './networks.ts'
import type { Reconciler } from './reconciler.ts'
import type { ReplicaTable } from './replica-table.ts'
import type { SecretFiles } from './secret-files.ts'

export interface SurroundingsOptions {
  readonly networks: Pick<Networks, 'look' | 'ensure' | 'remove'>
  readonly secretFiles: Pick<SecretFiles, 'place' | 'keepOnly'>
  readonly table: ReplicaTable
  /** Which functions there should be. */
  readonly desired: () => Pick<Reconciler, 'names' | 'desired' | 'isNamespaceUsed'>
  readonly log: Log
}

const SECRETS_TARGET = '/var/openfaas/secrets'

/** What replicas need beside their containers: the network of their namespace and the files of their secrets. Made before, taken away after them. */
export class Surroundings {
  readonly #options: SurroundingsOptions

  constructor(options: SurroundingsOptions) {
    this.#options = options
  }

  /** Makes the networks that are missing. Throws `EngineAway`. */
  async lookAtNetworks(): Promise<void> {
    const { networks, desired } = this.#options
    await networks.look()
    const namespaces = new Set(desired().names().map(namespaceOf))
    await Promise.all([...namespaces].map((namespace) => this.#ensureNetwork(namespace)))
  }

  async mounts(fn: DeployedFunction): Promise<readonly Mount[]> {
    const folder = await this.#options.secretFiles.place(fn)
    return folder === null ? [] : [{ source: folder, target: SECRETS_TARGET }]
  }

  /** Takes away what only a replica of `fn` that is gone now may have needed. */
  async tidyUp(fn: FunctionName): Promise<void> {
    const { networks, desired } = this.#options
    await this.tidySecrets()
    const namespace = namespaceOf(fn)
    if (namespace === DEFAULT_NAMESPACE || desired().isNamespaceUsed(namespace)) return
    await networks.remove(namespace)
  }

  /** Takes away the files of revisions that neither run nor should. */
  async tidySecrets(): Promise<void> {
    const { table, secretFiles } = this.#options
    const functions = this.#options.desired()
    const isDesired = (revision: number) =>
      functions.names().some((name) => {
        const fn = functions.desired(name)
        return fn?.revision === revision || fn?.lastGood?.revision === revision
      })
    const hasReplica = (revision: number) =>
      table.functions().some((name) => table.of(name).some(({ replica }) => replica.revision === revision))
    await secretFiles.keepOnly((revision) => isDesired(revision) || hasReplica(revision))
  }

  /** A namespace without a network must not keep the others from working. */
  async #ensureNetwork(namespace: string): Promise<void> {
    try {
      await this.#options.networks.ensure(namespace)
    } catch (error) {
      if (error instanceof EngineAway) throw error
      this.#options.log.error('network not made', { ns: namespace, reason: messageOf(error) })
    }
  }
}
