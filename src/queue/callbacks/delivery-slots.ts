import { Limiter } from '../../work/limiter.ts'

/** One host's places, and how many run or wait there. */
interface HostSlots {
  readonly limiter: Limiter
  users: number
}

/**
 * Room for attempts: so many in all, and so many for one host, so that a host that answers nobody holds up no
 * other. The host's place is taken first: who waits for it holds none of the others.
 */
export class DeliverySlots {
  readonly #all: Limiter
  readonly #mostPerHost: number
  readonly #hosts = new Map<string, HostSlots>()

  constructor(most: number, mostPerHost: number) {
    this.#all = new Limiter(most)
    this.#mostPerHost = mostPerHost
  }

  /** Hosts that somebody uses or waits for. */
  get hosts(): number {
    return this.#hosts.size
  }

  /** Rejects with the signal's reason when it aborts before there is room. */
  async run<T>(host: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const slots = this.#hosts.get(host) ?? { limiter: new Limiter(this.#mostPerHost), users: 0 }
    this.#hosts.set(host, slots)
    slots.users += 1
    try {
      return await slots.limiter.run(() => this.#all.run(work, signal), signal)
    } finally {
      slots.users -= 1
      if (slots.users === 0) this.#hosts.delete(host)
    }
  }
}
