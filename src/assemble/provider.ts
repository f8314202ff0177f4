import type { Config } from '../config.ts'
import type { CallLedger, LogKeeping } from '../core/provider/provider.ts'
import type { DockerProviderOptions } from '../provider/docker/docker-provider.ts'
import type { Base } from './base.ts'

/** What the provider asks of others. */
export interface ProviderNeeds {
  readonly ledger: CallLedger
  readonly keptLogs: LogKeeping
}

export function dockerOptions(
  { config, clock, log, registry }: Base,
  { ledger, keptLogs }: ProviderNeeds,
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
    keptLogs,
    secrets: { value: (namespace, name) => registry.secrets.value(namespace, name) },
    freezer: config.freezer,
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
