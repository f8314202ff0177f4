/** What the settings ask for. */
export interface WishedCapacity {
  /** Clients' connections, all together. */
  readonly connections: number
  /** Of one client network; null: three quarters of all. */
  readonly connectionsPerClient: number | null
  /** Calls under way, all together. */
  readonly calls: number
  readonly callsPerFunction: number
}

/** What is given. Each is a share of the descriptors at most. */
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
 * Shares out the descriptors of the process, so that no client can take those that the API, the engine and
 * the registry need. Pure. Each client's connection takes one, each call one more towards its function, and
 * so does each idle connection there. One client, or one function, gets three quarters at the most.
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

/** Descriptors with which `shareDescriptors` gives what is wished. Pure. */
export function descriptorsFor({ connections, calls }: WishedCapacity): number {
  const usable = 2 * Math.max(connections, Math.floor(((calls - 1) * 4) / 3) + 1)
  return Math.max(usable + LEAST_RESERVE, Math.ceil((usable * 10) / 9))
}

/** Connections to functions that it is worth keeping. */
const MOST_IDLE = 2_048

function largeShare(of: number): number {
  return Math.ceil((of * 3) / 4)
}
