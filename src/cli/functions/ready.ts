import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { say } from '../session.ts'
import type { READY_FLAGS } from '../table/functions.ts'
import { FunctionsClient } from './functions-client.ts'

const LOOK_TIMEOUT_MS = 10_000

/** cli.md 3.17. */
export async function run({ args, flags, isGiven, session }: Invocation<typeof READY_FLAGS>): Promise<void> {
  const [name] = args
  const { attempts, interval } = flags
  if (attempts < 1) throw new CliError('--attempts is at least 1')
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const what = name === undefined ? 'gateway' : `function ${name}`
  const look = (): Promise<boolean> =>
    name === undefined ? gatewayIsReady(client) : functionIsReady(client, name, flags.namespace)
  let reason = ''
  const beganMs = session.clock.now()
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    say(session, `[${attempt}/${attempts}] Waiting for ${what}`)
    try {
      if (await look()) {
        say(session, name === undefined ? 'OpenFaaS gateway is ready' : `Function ${name} is ready`)
        return
      }
      reason = ''
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      reason = `: ${error.message}`
    }
    if (attempt < attempts) await session.clock.sleep(interval, session.signal)
  }
  const seconds = Math.round((session.clock.now() - beganMs) / 1_000)
  throw new CliError(`${what} not ready after ${attempts} attempts in ${seconds} s${reason}`, {
    hint: name === undefined ? 'What is wrong: sampan doctor' : `What is wrong: sampan describe ${name}`,
  })
}

async function gatewayIsReady({ gateway }: FunctionsClient): Promise<boolean> {
  const answer = await gateway.send({
    method: 'GET',
    path: '/healthz',
    isAnonymous: true,
    timeoutMs: LOOK_TIMEOUT_MS,
  })
  await answer.text()
  return answer.status === 200
}

async function functionIsReady(client: FunctionsClient, name: string, namespace: string): Promise<boolean> {
  const { availableReplicas = 0 } = await client.get(name, client.namespaceOf(name, namespace))
  return availableReplicas > 0
}
