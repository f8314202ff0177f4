import { FaasError, hasCode, messageOf } from '../../core/errors.ts'
import type { Log } from '../../log.ts'
import { networkLabels, ownLabel, readNetworkNamespace } from './docker-labels.ts'
import type { NetworkSummary } from './engine-answers.ts'

/** What this needs of `engine.ts`. */
export interface NetworkEngine {
  listNetworks(label: string): Promise<readonly NetworkSummary[]>
  createNetwork(body: object): Promise<string>
  removeNetwork(id: string): Promise<void>
}

export interface FunctionNetwork {
  readonly id: string
  readonly name: string
  /** The host's address in it, where functions find the gateway. */
  readonly gateway: string
  /** Its interface on the host. */
  readonly bridge: string
  readonly hasIpv6: boolean
}

/** What keeps the containers of our networks from the host. */
export interface NetworkFence {
  /** All networks, on every change. */
  want(networks: readonly FunctionNetwork[]): void
  /** Resolves when there is a fence around this one, or there cannot be. */
  whenTried(network: FunctionNetwork): Promise<void>
}

export interface NetworksOptions {
  readonly engine: NetworkEngine
  readonly instance: string
  readonly log: Log
  /** Told the gateway addresses of all networks, on every change. */
  readonly onAddresses: (addresses: readonly string[]) => void
  readonly fence: NetworkFence
}

/** One bridge network per namespace, in which containers reach the host but not each other. */
export class Networks {
  readonly #options: NetworksOptions
  readonly #known = new Map<string, FunctionNetwork>()
  #told = ''
  /** The last piece of work per namespace: making and removing one network never overlap. */
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(options: NetworksOptions) {
    this.#options = options
  }

  addresses(): readonly string[] {
    return [...this.#known.values()].map(({ gateway }) => gateway)
  }

  /** Learns which networks of ours exist. */
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

  /** The namespace's network, made when there is none, and fenced. */
  async ensure(namespace: string): Promise<FunctionNetwork> {
    const known = this.#turns.has(namespace) ? undefined : this.#known.get(namespace)
    const make = async () => this.#known.get(namespace) ?? (await this.#make(namespace))
    const network = known ?? (await this.#inTurn(namespace, make))
    await this.#options.fence.whenTried(network)
    return network
  }

  /** The engine says that it does not exist (any more): the next `ensure` looks again. */
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

  async #make(namespace: string): Promise<FunctionNetwork> {
    const { engine, instance, log } = this.#options
    const name = `sampan-${instance}_${namespace}`
    try {
      await engine.createNetwork(networkBody(name, networkLabels(instance, namespace)))
      log.info('network made', { ns: namespace, network: name })
    } catch (error) {
      // It exists already: made by this daemon before it was killed, or by somebody else. The list tells which.
      if (!hasCode(error, 'conflict')) throw error
    }
    const network = (await this.#list()).get(namespace)
    if (network === undefined) {
      throw new FaasError('unavailable', `the Docker network ${name} exists and is not ours: remove it`)
    }
    this.#known.set(namespace, network)
    this.#tell()
    return network
  }

  async #list(): Promise<Map<string, FunctionNetwork>> {
    const { engine, instance } = this.#options
    const found = new Map<string, FunctionNetwork>()
    for (const network of await engine.listNetworks(ownLabel(instance))) {
      const namespace = readNetworkNamespace(network.labels)
      const gateway = network.gateway || firstAddress(network.subnet)
      // Docker allows several networks of one name; the first serves.
      if (namespace === null || gateway === '' || found.has(namespace)) continue
      const { id, name, bridge, hasIpv6 } = network
      found.set(namespace, { id, name, gateway, bridge, hasIpv6 })
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

function networkBody(name: string, labels: Readonly<Record<string, string>>): object {
  return {
    Name: name,
    // Before API 1.44 the engine makes a second network of the same name unless told not to.
    CheckDuplicate: true,
    Driver: 'bridge',
    Labels: labels,
    Options: { 'com.docker.network.bridge.enable_icc': 'false' },
  }
}

/** Where an engine does not tell the gateway it is the subnet's first address, by Docker's and Podman's default. */
function firstAddress(subnet: string): string {
  const match = /^(\d+\.\d+\.\d+)\.(\d+)\//.exec(subnet)
  return match ? `${match[1]}.${Number(match[2]) + 1}` : ''
}
