/** What the settings ask for. */
export interface WishedCapacity {
  /** Connections of all clients together. */
  readonly connections: number
  /** Connections of one client network; null: three quarters of all. */
  readonly connectionsPerClient: number | null
  /** Calls under way, all together. */
  readonly calls: number
  readonly callsPerFunction: number
}

/** The limits after sharing out. None is more than its share of the descriptors. */
export interface Capacity {
  readonly connections: number
  readonly connectionsPerClient: number
  readonly calls: number
  readonly callsPerFunction: number
  /** Connections to functions that wait for a next call, all functions together. */
  readonly idleUpstreams: number
}

/** Descriptors kept for everything else: listeners, the engine, the registry, files, followers of logs. */
const LEAST_RESERVE = 96

/**
 * Shares out the descriptors of the process, so that clients cannot use up those that the API, the engine and
 * the registry need. A client's connection takes one descriptor, a call one more for its connection to the
 * function, and an idle connection to a function one. One client, or one function, gets three quarters at
 * most. Pure.
 */
export function shareDescriptors(descriptors: number, wished: WishedCapacity): Capacity {
  const reserve = Math.max(LEAST_RESERVE, Math.floor(descriptors / 10))
  const usable = Math.max(16, descriptors - reserve)
  const connections = Math.min(wished.connections, Math.floor(usable / 2))
  const upstreams = usable - Math.floor(usable / 2)
  const calls = Math.min(wished.calls, largeShare(upstreams))
  return {
    connections,
    connectionsPerClient: Math.min(wished.connectionsPerClient ?? Infinity, largeShare(connections)),
    calls,
    callsPerFunction: Math.min(wished.callsPerFunction, largeShare(calls)),
    idleUpstreams: Math.min(MOST_IDLE, upstreams - largeShare(upstreams)),
  }
}

/** The number of descriptors at which `shareDescriptors` grants everything that was asked for. Pure. */
export function descriptorsFor({ connections, calls }: WishedCapacity): number {
  const usable = 2 * Math.max(connections, Math.floor(((calls - 1) * 4) / 3) + 1)
  return Math.max(usable + LEAST_RESERVE, Math.ceil((usable * 10) / 9))
}

/** More idle connections than this are not worth keeping. */
const MOST_IDLE = 2_048

function largeShare(of: number): number {
  return Math.ceil((of * 3) / 4)
}
