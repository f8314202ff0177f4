import { readFileSync } from 'node:fs'
import type { Config } from './config.ts'
import { descriptorsFor, shareDescriptors, type Capacity } from './core/calls/capacity.ts'
import type { Log } from './log.ts'

/** Assumed where the system does not say. */
const USUAL = 65_536

/** Open files and connections that this process may have (proc(5), limits). */
export function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? USUAL : Number(soft)
  } catch {
    return USUAL
  }
}

/**
 * The share of the process's `descriptors` that clients and calls get. Warns when that is less than the
 * settings ask for.
 */
export function capacityOf(config: Config, descriptors: number, log: Log): Capacity {
  const wished = {
    connections: config.maxConnections,
    connectionsPerClient: config.maxConnectionsPerClient,
    calls: config.maxCalls,
    callsPerFunction: config.maxCallsPerFunction,
  }
  const given = shareDescriptors(descriptors, wished)
  if (given.connections < wished.connections || given.calls < wished.calls) {
    log.warn('too few descriptors for the configured connections and calls, limits lowered', {
      descriptors,
      needed: descriptorsFor(wished),
      SAMPAN_MAX_CONNECTIONS: `${given.connections} of ${wished.connections}`,
      SAMPAN_MAX_CALLS: `${given.calls} of ${wished.calls}`,
      advice: 'raise LimitNOFILE= of the service, or `ulimit -n`, to what is needed, or lower the settings',
    })
  }
  return given
}
