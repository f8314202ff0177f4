import type { Clock } from '../../../clock.ts'
import type { SeccompChoice } from '../../../core/host-settings.ts'
import type { FunctionSpec } from '../../../core/functions/function-spec.ts'
import type { Log } from '../../../log.ts'
import { type Confinement, outOfMemory, unconfined } from '../container/confinement.ts'
import type { EngineVersion } from '../engine/answers.ts'
import { Firewall } from './firewall.ts'
import type { FirewallSettings } from './firewall-rules.ts'
import { hasInterface, hostNameservers } from './host-network.ts'
import { hostIptables } from './iptables.ts'
import { loadSeccompProfile } from './seccomp.ts'

/** What the operator's settings say about functions and this host. */
export interface GuardSettings {
  readonly confinement: Omit<Confinement, 'seccomp'> & { readonly seccomp: SeccompChoice }
  readonly firewall: FirewallSettings
}

export interface GuardOptions {
  readonly settings: GuardSettings
  readonly instance: string
  readonly clock: Clock
  readonly log: Log
}

/** Protects the host from functions: by what each container may do and what its network lets through. */
export class HostGuard {
  readonly #options: GuardOptions
  readonly firewall: Firewall
  #confinement: Confinement

  constructor(options: GuardOptions) {
    const { settings, instance, clock, log } = options
    this.#options = options
    this.#confinement = { ...settings.confinement, seccomp: null }
    this.firewall = new Firewall({
      instance,
      settings: settings.firewall,
      iptables: hostIptables(clock),
      nameservers: hostNameservers,
      hasInterface,
      log,
    })
  }

  get confinement(): Confinement {
    return this.#confinement
  }

  /**
   * Reads the files that the settings name, before any container is created. Throws a sentence for the
   * operator.
   */
  async start(): Promise<void> {
    const { confinement } = this.#options.settings
    this.#confinement = { ...confinement, seccomp: await loadSeccompProfile(confinement.seccomp) }
  }

  /** Logs which settings this engine cannot apply. */
  meet({ abilities }: EngineVersion): void {
    for (const reason of unconfined(this.#confinement, abilities)) {
      this.#options.log.warn('functions are less confined than configured', { reason })
    }
  }

  /** Why a container of this function was killed for its memory. */
  outOfMemory(spec: FunctionSpec | undefined): string {
    return outOfMemory(spec, this.#confinement)
  }
}
