import { BudgetWatch } from '../budget-watch.ts'
import type { Clock } from '../clock.ts'
import type { Config, ListenAddress } from '../config.ts'
import type { BuildInfo } from '../core/build-info.ts'
import type { Capacity } from '../core/calls/capacity.ts'
import { HostNames } from '../core/host-names.ts'
import { capacityOf } from '../descriptors.ts'
import type { Credentials } from '../gateway/login/auth.ts'
import { BodyBudget } from '../gateway/shared/body-budget.ts'
import type { Log } from '../log.ts'
import type { CallStore } from '../registry/calls/call-store.ts'
import type { Registry } from '../registry/registry.ts'
import { buildInfo } from '../version.ts'

/** What was read and opened before the parts are built. */
export interface Given {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly registry: Registry
  /** The book of asynchronous calls; null: there are none. */
  readonly calls: CallStore | null
  /** Of the API. */
  readonly credentials: Credentials
  /** Open files and connections that this process may have. */
  readonly descriptors: number
}

/**
 * Values that several parts use. They are passed field by field, never spread, so that each part gets only
 * what it names.
 */
export interface Base extends Given {
  readonly build: BuildInfo
  readonly capacity: Capacity
  /** Names that the gateway answers to, and the metrics listener. */
  readonly hostNames: HostNames
  readonly metricsHostNames: HostNames
  /** Where the web page shall be, and the names that it answers to; null: there is none. */
  readonly ui: UiAddress | null
  readonly bodies: BodyBudget
}

export interface UiAddress {
  readonly listen: ListenAddress
  /** Whether the operator named it. */
  readonly isChosen: boolean
  readonly hostNames: HostNames
}

/** Beside the 8080 of functions. */
const USUAL_UI_PORT = 8081

export function makeBase({ config, log, clock, registry, calls, credentials, descriptors }: Given): Base {
  const namesAt = (listenHost: string): HostNames =>
    new HostNames({ listenHost, allowed: config.allowedHosts })
  return {
    config,
    log,
    clock,
    registry,
    calls,
    credentials,
    descriptors,
    build: buildInfo(),
    capacity: capacityOf(config, descriptors, log),
    hostNames: namesAt(config.listen.host),
    metricsHostNames: namesAt(config.metricsListen.host),
    ui: uiAddress(config, namesAt),
    bodies: new BodyBudget(config.apiBodyBytes, new BudgetWatch(log, clock)),
  }
}

function uiAddress(
  { listen, uiListen }: Config,
  namesAt: (listenHost: string) => HostNames,
): UiAddress | null {
  if (uiListen === 'off') return null
  const at = uiListen ?? { host: listen.host, port: USUAL_UI_PORT }
  return { listen: at, isChosen: uiListen !== null, hostNames: namesAt(at.host) }
}
