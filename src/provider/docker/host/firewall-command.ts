import { systemClock } from '../../../clock.ts'
import { ConfigError, configFromProcess } from '../../../config.ts'
import { messageOf } from '../../../core/errors.ts'
import { stdoutLog } from '../../../log.ts'
import { Engine } from '../engine/engine.ts'
import { Firewall } from './firewall.ts'
import { hasInterface, hostNameservers } from './host-network.ts'
import { hostIptables } from './iptables.ts'
import { type FunctionNetwork, Networks } from '../belongings/networks.ts'

/**
 * Sets the firewall rules of one instance, once. `scripts/firewall.sh` runs this separate program as root
 * when the daemon may not set rules. It reads the daemon's settings except `SAMPAN_FIREWALL`.
 */
async function main(): Promise<void> {
  const config = configFromProcess()
  const { instance, functionPort, hostPorts, privateNetworks } = config
  const log = stdoutLog(config.logLevel)
  const engine = new Engine({ dockerHost: config.dockerHost, clock: systemClock })
  let isSet = true
  try {
    await engine.connect()
    const found = await networksOf(engine, instance)
    const firewall = new Firewall({
      instance,
      settings: { mode: 'auto', functionPort, hostPorts, privateNetworks },
      iptables: hostIptables(systemClock),
      nameservers: hostNameservers,
      hasInterface,
      log: { ...log, warn: (message, fields) => ((isSet = false), log.warn(message, fields)) },
    })
    firewall.want(found)
    await firewall.settled()
    if (isSet) log.info('firewall is up', { instance, networks: found.length })
  } finally {
    engine.close()
  }
  process.exitCode = isSet ? 0 : 1
}

async function networksOf(engine: Engine, instance: string): Promise<readonly FunctionNetwork[]> {
  let found: readonly FunctionNetwork[] = []
  const fence = {
    want: (networks: readonly FunctionNetwork[]) => void (found = networks),
    whenTried: () => Promise.resolve(),
  }
  // It does not matter which registry the networks belong to: only one registry uses an instance name on an
  // engine. This program creates none.
  const ownership = { labels: {}, isOurs: () => true }
  const options = { engine, instance, ownership, log: stdoutLog('warn'), fence, mtu: null }
  const networks = new Networks({ ...options, onAddresses: () => {} })
  await networks.look()
  return found
}

main().catch((error: unknown) => {
  const prefix = error instanceof ConfigError ? 'settings cannot be used:\n' : ''
  process.stderr.write(`sampan firewall: ${prefix}${messageOf(error)}\n`)
  process.exitCode = 1
})
