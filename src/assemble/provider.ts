import type { Config } from '../config.ts'
import type { CallLedger } from '../core/provider.ts'
import type { DockerProviderOptions } from '../provider/docker/docker-provider.ts'
import type { Base } from './base.ts'

export function dockerOptions(
  { config, clock, log, registry }: Base,
  ledger: CallLedger,
): DockerProviderOptions {
  return {
    dockerHost: config.dockerHost,
    instance: config.instance,
    registry: registry.owners,
    takeOver: config.takeOver,
    dataDir: config.dataDir,
    watchdogDir: config.watchdogDir,
    runtimeDir: config.runtimeDir,
    dockerConfigDir: config.dockerConfigDir,
    ledger,
    secrets: { value: (namespace, name) => registry.secrets.value(namespace, name) },
    guard: guardSettings(config),
    mtu: config.networkMtu,
    clock,
    log,
  }
}

/** What functions may do on this host. */
function guardSettings(config: Config): DockerProviderOptions['guard'] {
  return {
    confinement: {
      memoryBytes: config.functionMemoryBytes,
      diskBytes: config.functionDiskBytes,
      seccomp: config.seccompProfile,
      runtimes: config.runtimes,
      labelPrefixes: config.containerLabels,
    },
    firewall: {
      mode: config.firewall,
      functionPort: config.functionPort,
      hostPorts: config.hostPorts,
      privateNetworks: config.privateNetworks,
    },
  }
}
