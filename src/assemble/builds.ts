import { revisionsOf } from '../core/functions/function-spec.ts'
import type { Provider } from '../core/provider/provider.ts'
import { BuildService } from '../builds/build-service.ts'
import type { Base } from './base.ts'

/** Null: the operator or the provider builds nothing. */
export function makeBuilds({ config, registry, clock, log }: Base, provider: Provider): BuildService | null {
  const { builder } = provider
  if (config.builds === 'off' || builder === undefined) return null
  const { functions } = registry
  return new BuildService({
    builder,
    dataDir: config.dataDir,
    inUse: () => {
      const kept = functions.all().flatMap((fn) => revisionsOf(fn).concat(functions.earlier(fn.spec.name)))
      return new Set(
        kept.flatMap(({ spec, artifact }) => [spec.image, ...(artifact === null ? [] : [artifact])]),
      )
    },
    payloadSecret: config.buildSecret,
    contextBytes: config.buildContextBytes,
    mostAtOnce: config.buildConcurrency,
    timeoutMs: config.buildTimeoutMs,
    network: config.buildNetwork,
    highBytes: config.buildImagesHighBytes,
    lowBytes: config.buildImagesLowBytes,
    clock,
    log: log.child({ part: 'builds' }),
  })
}
