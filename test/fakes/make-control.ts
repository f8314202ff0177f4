import { type Clock, systemClock } from '../../src/clock.ts'
import { FunctionControl } from '../../src/control/function-control.ts'
import type { Provider } from '../../src/core/provider/provider.ts'
import type { FunctionStore } from '../../src/registry/function-store.ts'
import { RecordingLog } from './recording-log.ts'

export interface ControlParts {
  readonly provider: Provider
  readonly store: FunctionStore
  readonly clock?: Clock
  readonly missingSecret?: (names: readonly string[]) => string | undefined
}

/** A control of functions in the default namespace, where `token` is the only secret unless the test says otherwise. */
export function makeControl(parts: ControlParts): FunctionControl {
  const { missingSecret = (names) => names.find((name) => name !== 'token') } = parts
  return new FunctionControl({
    registry: parts.store,
    provider: parts.provider,
    hasNamespace: (name) => name === 'openfaas-fn',
    missingSecret: (_namespace, names) => missingSecret(names),
    clock: parts.clock ?? systemClock,
    log: new RecordingLog(),
  })
}
