import type { FunctionControl } from '../control/function-control.ts'
import { productOf } from '../core/build-info.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { Provider } from '../core/provider/provider.ts'
import { OwnCredentials } from '../gateway/login/own-credentials.ts'
import type { InFlight } from '../invoke/in-flight.ts'
import { Invoker } from '../invoke/invoker.ts'
import type { Base } from './base.ts'

export interface CallPathNeeds {
  readonly ledger: InFlight
  readonly provider: Provider
  readonly control: FunctionControl
  /** A call of the function waits or was refused: see whether it needs more replicas. Cheap. */
  readonly crowded: (fn: FunctionName) => void
}

export function makeInvoker(base: Base, { ledger, provider, control, crowded }: CallPathNeeds): Invoker {
  const { config, capacity, clock, log, build, credentials, hostNames } = base
  const ownCredentials = new OwnCredentials(credentials, clock)
  return new Invoker({
    ports: {
      wantAwake: (fn) => {
        crowded(fn)
        control.wake(fn)
      },
      crowded,
      whenReady: (fn, signal) => provider.whenReady(fn, signal),
      suspect: (replica, why) => provider.suspect(replica, why),
      fate: (replica) => provider.fate(replica),
      obstacle: (fn) => provider.condition(fn)?.reason ?? '',
    },
    limits: {
      upstreamMs: config.upstreamTimeoutMs,
      writeMs: config.writeTimeoutMs,
      wakeMs: config.wakeTimeoutMs,
      waiting: config.maxWaitingCalls,
      maxHeaderBytes: config.maxHeaderBytes,
    },
    capacity,
    edge: {
      keepOddNames: config.keepOddHeaders,
      mayForward: (authorization, peer) => ownCredentials.mayForward(authorization, peer),
      answersTo: (host) => hostNames.includes(host),
    },
    ledger,
    product: productOf(build),
    clock,
    log,
  })
}
