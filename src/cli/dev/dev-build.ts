import { DEV_ANNOTATION, DEV_REBUILD } from '../../core/functions/dev-mode.ts'
import type { FlagValues, GlobalValues } from '../args/command.ts'
import { plannedBuild } from '../build/plan.ts'
import { buildRemotely } from '../build/remote-build.ts'
import { CliError } from '../cli-error.ts'
import type { DeploymentBody } from '../deploy/deployment-body.ts'
import { sendDeployment } from '../deploy/send-deployment.ts'
import { stackDeployment } from '../deploy/stack-deployment.ts'
import { waitUntilReady } from '../deploy/wait-ready.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import type { Session } from '../session.ts'
import type { StackFile, StackFunction } from '../stack/stack-file.ts'
import type { DEV_FLAGS } from '../table/dev.ts'
import type { SyncRules } from './change-plan.ts'
import { DEV_NEW } from './dev-client.ts'

export type DevValues = FlagValues<typeof DEV_FLAGS> & GlobalValues

export interface BuildAsked {
  readonly fn: StackFunction
  readonly stack: StackFile | null
  readonly flags: DevValues
  readonly gateway: GatewayClient
  /** Null: it is deployed for good. */
  readonly dev: { readonly isNew: boolean } | null
}

/** What a build cannot put into a container later. */
const NOTHING_IN_PLACE: SyncRules = { handlerPath: '', rebuild: [] }

/** Builds on the host of the gateway, deploys, and waits until it takes calls. Throws `CliError`. */
export async function buildAndDeploy(session: Session, asked: BuildAsked): Promise<SyncRules> {
  const { fn, stack, flags, gateway, dev } = asked
  const planned = await plannedBuild(session, fn, { flags, stack })
  if (planned === null || fn.skipBuild)
    throw new CliError(`${fn.name} is not built: the stack file gives it no lang, or says skip_build`)
  const builder = { client: gateway, payloadSecret: null, publicKey: '' }
  const image = await buildRemotely(session, planned, { builder, flags, platforms: [] })
  const plain = await stackDeployment(session, fn, { flags, image: image === '' ? undefined : image })
  const { handlerPath = '', rebuild = [] } = planned.manifest ?? {}
  const rules = plain.readOnlyRootFilesystem === true ? NOTHING_IN_PLACE : { handlerPath, rebuild }
  const body = dev === null ? plain : devBody(plain, rules, dev)
  await sendDeployment(session, gateway, {
    body,
    how: { update: true, replace: false, timeout: flags.timeout },
  })
  const { service: name, namespace = '' } = body
  const deadlineMs = session.clock.now() + flags['wait-timeout']
  await waitUntilReady(session, gateway, { name, namespace, deadlineMs })
  return rules
}

/** Marked, and with a watchdog that says a line for each call and leaves those of the process as they are. */
export function devBody(
  body: DeploymentBody,
  { handlerPath }: SyncRules,
  { isNew }: { readonly isNew: boolean },
): DeploymentBody {
  return {
    ...body,
    envVars: { access_log: 'true', prefix_logs: 'false', ...body.envVars },
    annotations: {
      ...body.annotations,
      [DEV_ANNOTATION]: handlerPath === '' ? DEV_REBUILD : handlerPath,
      ...(isNew && { [DEV_NEW]: 'true' }),
    },
  }
}
