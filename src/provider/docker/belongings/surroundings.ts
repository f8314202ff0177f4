import { messageOf } from '../../../core/errors.ts'
import { DEFAULT_NAMESPACE, type FunctionName, namespaceOf } from '../../../core/functions/function-name.ts'
import { type DeployedFunction, type Revision, revisionsOf } from '../../../core/functions/function-spec.ts'
import type { Log } from '../../../log.ts'
import type { Mount } from '../container/container-spec.ts'
import { EngineAway } from '../engine/errors.ts'
import type { Networks } from './networks.ts'
import type { SecretRef } from '../../../core/functions/secret-name.ts'
import type { SecretFiles } from './secret-files.ts'

/** The functions that should exist. */
export interface Wanted {
  names(): readonly FunctionName[]
  desired(name: FunctionName): DeployedFunction | undefined
  /** Some function in it should exist, or still has replicas. */
  isNamespaceUsed(namespace: string): boolean
  /** Starts its next attempt without further delay. */
  hurry(name: FunctionName): void
}

/** The replicas that exist. */
export interface Present {
  functions(): readonly FunctionName[]
  of(name: FunctionName): readonly { readonly replica: { readonly revision: number } }[]
}

export interface SurroundingsOptions {
  readonly networks: Pick<Networks, 'look' | 'removeWrongSizes' | 'ensure' | 'remove'>
  readonly secretFiles: Pick<SecretFiles, 'place' | 'keepOnly' | 'refresh'>
  readonly table: Present
  readonly desired: () => Wanted
  readonly log: Log
}

const SECRETS_TARGET = '/var/openfaas/secrets'

/**
 * Networks and secret folders: created before the first container that needs them, removed after the last.
 */
export class Surroundings {
  readonly #options: SurroundingsOptions

  constructor(options: SurroundingsOptions) {
    this.#options = options
  }

  /** Creates the networks that are missing. Throws `EngineAway`. */
  async lookAtNetworks(): Promise<void> {
    const { networks, desired } = this.#options
    await networks.look()
    await networks.removeWrongSizes()
    const namespaces = new Set(desired().names().map(namespaceOf))
    await Promise.all([...namespaces].map((namespace) => this.#ensureNetwork(namespace)))
  }

  async mounts(fn: DeployedFunction): Promise<readonly Mount[]> {
    const folder = await this.#options.secretFiles.place(fn)
    return folder === null ? [] : [{ source: folder, target: SECRETS_TARGET }]
  }

  /**
   * Brings the present value of a secret to the replicas that use it, and lets functions that waited for it
   * start at once.
   */
  async refreshSecret(secret: SecretRef): Promise<void> {
    const users = this.#desiredRevisions().filter(({ spec }) => {
      return namespaceOf(spec.name) === secret.namespace && spec.secrets.includes(secret.name)
    })
    await this.#options.secretFiles.refresh(secret, (revision) =>
      users.some((user) => user.revision === revision),
    )
    for (const { spec } of users) this.#options.desired().hurry(spec.name)
  }

  /** A replica of `fn` was removed: removes what no other replica needs. */
  async tidyUp(fn: FunctionName): Promise<void> {
    const { networks, desired } = this.#options
    await this.tidySecrets()
    const namespace = namespaceOf(fn)
    if (namespace === DEFAULT_NAMESPACE || desired().isNamespaceUsed(namespace)) return
    await networks.remove(namespace)
  }

  /** Removes the files of revisions that neither run nor should run. */
  async tidySecrets(): Promise<void> {
    const { table, secretFiles } = this.#options
    const desired = new Set(this.#desiredRevisions().map(({ revision }) => revision))
    const hasReplica = (revision: number) =>
      table.functions().some((name) => table.of(name).some(({ replica }) => replica.revision === revision))
    await secretFiles.keepOnly((revision) => desired.has(revision) || hasReplica(revision))
  }

  /** Includes those that serve while the newest cannot. */
  #desiredRevisions(): readonly Revision[] {
    const functions = this.#options.desired()
    return functions.names().flatMap((name) => {
      const fn = functions.desired(name)
      return fn === undefined ? [] : revisionsOf(fn)
    })
  }

  /** A failure for one namespace must not stop the others. */
  async #ensureNetwork(namespace: string): Promise<void> {
    try {
      await this.#options.networks.ensure(namespace)
    } catch (error) {
      if (error instanceof EngineAway) throw error
      this.#options.log.error('network not created', { ns: namespace, reason: messageOf(error) })
    }
  }
}
