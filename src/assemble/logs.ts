import type { Provider } from '../core/provider/provider.ts'
import { FunctionLogs, KeptLogs } from '../logs/function-logs.ts'
import type { Base } from './base.ts'

/** Before the provider, which hands in what goes. */
export function makeKeptLogs({ config, clock, log }: Base): KeptLogs {
  return new KeptLogs({ dataDir: config.dataDir, mostBytes: config.logBytes, clock, log })
}

export function makeLogs(
  { clock, log }: Pick<Base, 'clock' | 'log'>,
  provider: Provider,
  kept: KeptLogs,
): FunctionLogs {
  return new FunctionLogs({
    open: (id, query, signal) => provider.openLog(id, query, signal),
    replicas: {
      replicas: (fn) => provider.replicas(fn),
      onChange: (listener) =>
        provider.watch(({ kind }) => {
          if (kind === 'replicas') listener()
        }),
    },
    kept,
    clock,
    log,
  })
}
