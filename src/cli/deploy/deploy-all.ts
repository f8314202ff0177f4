import { CliError } from '../cli-error.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { note, say, type Session } from '../session.ts'
import type { DeploymentBody } from './deployment-body.ts'
import { type SendFlags, sendDeployment, showDeployment } from './send-deployment.ts'
import { isWaiting, type WaitFlags, waitUntilReady } from './wait-ready.ts'

export interface DeployFlags extends SendFlags, WaitFlags {
  /** Show what would be sent, and send nothing. */
  readonly 'dry-run'?: boolean
}

/** A function to deploy. */
export interface PlannedDeployment {
  readonly name: string
  /** Throws `CliError` for what is wrong with it. */
  readonly body: () => Promise<DeploymentBody>
  /** The gateway has taken it. */
  readonly onTaken?: () => void
}

/**
 * Deploys functions one after the other, whatever becomes of those before, then waits for those that were taken. Throws a
 * `CliError` that names what failed.
 */
export async function deployAll(
  session: Session,
  gateway: GatewayClient,
  {
    functions,
    flags,
    isGiven,
  }: {
    readonly functions: readonly PlannedDeployment[]
    readonly flags: DeployFlags
    readonly isGiven: (name: 'wait') => boolean
  },
): Promise<void> {
  const failures = new Failures(session)
  const taken: DeploymentBody[] = []
  for (const { name, body, onTaken } of functions)
    await failures.during(name, async () => {
      const made = await body()
      if (flags['dry-run'] === true) return showDeployment(session, gateway, { body: made, how: flags })
      say(session, `Deploying: ${name}.`)
      await sendDeployment(session, gateway, { body: made, how: flags })
      taken.push(made)
      onTaken?.()
    })
  if (taken.length > 0 && (await isWaiting(session, gateway, { flags, isGiven }))) {
    const deadlineMs = session.clock.now() + flags['wait-timeout']
    for (const { service: name, namespace = '' } of taken)
      await failures.during(name, () => waitUntilReady(session, gateway, { name, namespace, deadlineMs }))
  }
  failures.check()
}

/** What went wrong with which function, while the others go on. */
class Failures {
  readonly #session: Session
  readonly #messages: string[] = []
  readonly #hints = new Set<string>()

  constructor(session: Session) {
    this.#session = session
  }

  async during(name: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (!(error instanceof CliError) || this.#session.signal.aborted) throw error
      this.#messages.push(error.message.includes(`'${name}'`) ? error.message : `${name}: ${error.message}`)
      if (error.hint !== '') this.#hints.add(error.hint)
    }
  }

  check(): void {
    const last = this.#messages.pop()
    if (last === undefined) return
    for (const message of this.#messages) note(this.#session, message)
    throw new CliError(last, { hint: [...this.#hints].join('\n') })
  }
}
