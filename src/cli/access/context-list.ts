import type { Invocation } from '../args/command.ts'
import { readContexts } from '../gateway/contexts-file.ts'
import { gatewayAddress } from '../gateway/gateway-address.ts'
import { credentialOf } from '../gateway/credentials-file.ts'
import { present } from '../output/present.ts'
import { envOf, note } from '../session.ts'
import type { CONTEXT_LIST_FLAGS } from '../table/access.ts'

/** The names there are, and which one is in use. */
export async function run({ flags, session }: Invocation<typeof CONTEXT_LIST_FLAGS>): Promise<void> {
  const { current, gateways } = readContexts(session)
  const value = await Promise.all(
    Object.entries(gateways)
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(async ([name, gateway]) => ({
        name,
        gateway,
        current: name === current,
        loggedIn: (await credentialOf(session, gateway)) !== null,
      })),
  )
  await present(session, flags, {
    value,
    names: value.map(({ name }) => name),
    heading: ['CURRENT', 'NAME', 'GATEWAY', 'LOGGED IN'],
    rows: value.map((one) => [one.current ? '*' : '', one.name, one.gateway, one.loggedIn ? 'yes' : 'no']),
    none: 'No contexts. Add one with: sampan context add NAME GATEWAY',
  })
  if (current !== '' && envOf(session, 'OPENFAAS_URL') !== '') {
    const { url } = gatewayAddress(session, { flag: '', isGiven: false, stackFile: '', context: '' })
    note(session, `OPENFAAS_URL is set and wins: commands speak to ${url}`)
  }
}
