import { FaasError, hasCode, messageOf } from '../../../core/errors.ts'
import type { Log } from '../../../log.ts'
import { instanceLabel, type Labels, networkLabels, readNetworkNamespace } from '../container/labels.ts'
import { MTU_OPTION, type NetworkDetails, type NetworkSummary, USUAL_MTU } from '../engine/answers.ts'

/** What this needs of `engine.ts`. */
export interface NetworkEngine {
  listNetworks(label: string): Promise<readonly NetworkSummary[]>
  createNetwork(body: object): Promise<string>
  removeNetwork(id: string): Promise<void>
  /** Null when there is none of this id or name. */
  inspectNetwork(idOrName: string): Promise<NetworkDetails | null>
}

export interface FunctionNetwork {
  readonly id: string
  readonly name: string
  /** The host's address in it, where functions find the gateway. */
  readonly gateway: string
  /** Its interface on the host. */
  readonly bridge: string
  readonly hasIpv6: boolean
  /** Its MTU, bytes. */
  readonly mtu: number
}

/** Keeps the containers of our networks from reaching the host. */
export interface NetworkFence {
  /** All networks, on every change. */
  want(networks: readonly FunctionNetwork[]): void
  /** Resolves when the rules for this network were tried, whether they could be set or not. */
  whenTried(network: FunctionNetwork): Promise<void>
}

export interface NetworksOptions {
  readonly engine: NetworkEngine
  readonly instance: string
  readonly ownership: { readonly labels: Labels; isOurs(labels: Labels): boolean }
  readonly log: Log
  /** Told the gateway addresses of all networks, on every change. */
  readonly onAddresses: (addresses: readonly string[]) => void
  readonly fence: NetworkFence
  /** MTU in bytes; null: that of the engine's default network. */
  readonly mtu: number | null
}

/** Docker's predefined network. Podman has another one and uses its own default MTU. */
const DEFAULT_NETWORK = 'bridge'

/** One bridge network per namespace, in which containers reach the host but not each other. */
export class Networks {
  readonly #options: NetworksOptions
  readonly #known = new Map<string, FunctionNetwork>()
  #told = ''
  /** Networks for which it was logged that they cannot be recreated now. */
  readonly #lamented = new Set<string>()
  /** The last task per namespace, so that creating and removing one network never overlap. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(options: NetworksOptions) {
    this.#options = options
  }

  addresses(): readonly string[] {
    return [...this.#known.values()].map(({ gateway }) => gateway)
  }

  /** Finds out which of our networks exist. */
  async look(): Promise<void> {
    const found = await this.#list()
    for (const namespace of this.#known.keys()) {
      if (!found.has(namespace) && !this.#turns.has(namespace)) this.#known.delete(namespace)
    }
    for (const [namespace, network] of found) {
      if (!this.#turns.has(namespace)) this.#known.set(namespace, network)
    }
    this.#tell()
  }

  /** The namespace's network, with its firewall rules. Creates it when it does not exist. */
  async ensure(namespace: string): Promise<FunctionNetwork> {
    const known = this.#turns.has(namespace) ? undefined : this.#known.get(namespace)
    const make = async () => this.#known.get(namespace) ?? (await this.#make(namespace))
    const network = known ?? (await this.#inTurn(namespace, make))
    await this.#options.fence.whenTried(network)
    return network
  }

  /** The engine says that it does not exist: the next `ensure` checks again. */
  forget(namespace: string): void {
    this.#known.delete(namespace)
  }

  /** Best effort: a network that is still in use stays. */
  remove(namespace: string): Promise<void> {
    return this.#inTurn(namespace, async () => {
      const network = this.#known.get(namespace)
      if (network === undefined) return
      try {
        await this.#options.engine.removeNetwork(network.id)
        this.#known.delete(namespace)
        this.#options.log.info('network removed', { ns: namespace, network: network.name })
        this.#tell()
      } catch (error) {
        this.#options.log.debug('network not removed', { ns: namespace, reason: messageOf(error) })
      }
    })
  }

  #inTurn<T>(namespace: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(namespace) ?? Promise.resolve()
    const turn = before.then(work, work).finally(() => {
      if (this.#turns.get(namespace) === turn) this.#turns.delete(namespace)
    })
    this.#turns.set(namespace, turn)
    return turn
  }

  /**
   * Removes networks with a wrong MTU as soon as no container is in them; `ensure` creates them again.
   * Packets that are too long for the way out are lost, often without an error.
   */
  async removeWrongSizes(): Promise<void> {
    const mtu = await this.#wantedMtu()
    if (mtu === null) return
    for (const [namespace, network] of this.#known) {
      if (network.mtu !== mtu) await this.#inTurn(namespace, () => this.#drop(namespace, network, mtu))
    }
  }

  async #drop(namespace: string, network: FunctionNetwork, mtu: number): Promise<void> {
    const { engine, log } = this.#options
    const details = await engine.inspectNetwork(network.id)
    if (details !== null && details.attached > 0) {
      if (this.#lamented.has(network.id)) return
      this.#lamented.add(network.id)
      const cure = `scale the functions of namespace ${namespace} to zero for a minute: it is created again when no container is in it`
      log.warn('network has the wrong MTU', {
        network: network.name,
        mtu: network.mtu,
        wanted: mtu,
        cure,
      })
      return
    }
    try {
      await engine.removeNetwork(network.id)
    } catch (error) {
      log.debug('network not removed', { ns: namespace, reason: messageOf(error) })
      return
    }
    this.#known.delete(namespace)
    this.#tell()
  }

  /** Null: the engine's own default. */
  async #wantedMtu(): Promise<number | null> {
    const { engine, mtu } = this.#options
    if (mtu !== null) return mtu
    const found = (await engine.inspectNetwork(DEFAULT_NETWORK))?.mtu ?? USUAL_MTU
    return found === USUAL_MTU ? null : found
  }

  async #make(namespace: string): Promise<FunctionNetwork> {
    const { engine, instance, ownership, log } = this.#options
    const name = `sampan-${instance}_${namespace}`
    const labels = { ...networkLabels(instance, namespace), ...ownership.labels }
    const mtu = await this.#wantedMtu()
    try {
      await engine.createNetwork(networkBody(name, labels, mtu))
      log.info('network created', { ns: namespace, network: name, ...(mtu !== null && { mtu }) })
    } catch (error) {
      // It exists already: created by this daemon before it was killed, or by somebody else. The list tells
      // which.
      if (!hasCode(error, 'conflict')) throw error
    }
    const network = (await this.#list()).get(namespace)
    if (network === undefined) {
      throw new FaasError(
        'unavailable',
        `the Docker network ${name} exists and is not ours: remove it, or give this daemon another SAMPAN_INSTANCE`,
      )
    }
    this.#known.set(namespace, network)
    this.#tell()
    return network
  }

  async #list(): Promise<Map<string, FunctionNetwork>> {
    const { engine, instance, ownership } = this.#options
    const found = new Map<string, FunctionNetwork>()
    for (const network of await engine.listNetworks(instanceLabel(instance))) {
      const namespace = readNetworkNamespace(network.labels)
      const gateway = network.gateway || firstAddress(network.subnet)
      // Docker allows several networks of one name; the first one is used.
      if (namespace === null || gateway === '' || found.has(namespace)) continue
      if (!ownership.isOurs(network.labels)) continue
      const { id, name, bridge, hasIpv6, mtu } = network
      found.set(namespace, { id, name, gateway, bridge, hasIpv6, mtu })
    }
    return found
  }

  #tell(): void {
    const networks = [...this.#known.values()]
    const state = networks.map(({ id, gateway }) => `${id} ${gateway}`).join()
    if (state === this.#told) return
    this.#told = state
    this.#options.fence.want(networks)
    this.#options.onAddresses(this.addresses())
  }
}

function networkBody(name: string, labels: Labels, mtu: number | null): object {
  return {
    Name: name,
    // Before API 1.44 the engine creates a second network of the same name unless told not to.
    CheckDuplicate: true,
    Driver: 'bridge',
    Labels: labels,
    Options: {
      'com.docker.network.bridge.enable_icc': 'false',
      ...(mtu !== null && { [MTU_OPTION]: String(mtu) }),
    },
  }
}

/**
 * If the engine does not tell the gateway, it is the subnet's first address, the default of Docker and
 * Podman.
 */
function firstAddress(subnet: string): string {
  const match = /^(\d+\.\d+\.\d+)\.(\d+)\//.exec(subnet)
  return match ? `${match[1]}.${Number(match[2]) + 1}` : ''
}
