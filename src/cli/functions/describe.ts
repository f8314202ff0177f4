import type { Invocation } from '../args/command.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { DESCRIBE_FLAGS } from '../table/functions.ts'
import { describedText } from './described-text.ts'
import { FunctionsClient } from './functions-client.ts'
import { statusFields } from './status-fields.ts'

/** cli.md 3.9. */
export async function run({
  args,
  flags,
  isGiven,
  session,
}: Invocation<typeof DESCRIBE_FLAGS>): Promise<void> {
  const [name = ''] = args
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const namespace = client.namespaceOf(name, flags.namespace)
  const found = await client.get(name, namespace)
  const same = (await client.list(namespace))?.find((one) => one.name === found.name)
  const shown = { ...found, invocationCount: same?.invocationCount ?? 0 }
  const status = (shown.availableReplicas ?? 0) > 0 ? 'Ready' : 'Not Ready'
  const place = `${found.name}${namespace === '' ? '' : `.${namespace}`}`
  const url = `${client.gateway.address.url}/function/${place}`
  const asyncUrl = `${client.gateway.address.url}/async-function/${place}`
  const data = {
    ...(flags.output === '' ? statusFields(shown) : shown),
    Status: status,
    InvocationCount: shown.invocationCount,
    URL: url,
    AsyncURL: asyncUrl,
  }
  if (await presentData(session, flags, data)) return
  say(session, describedText({ ...shown, status, url, asyncUrl }, flags.verbose))
}
