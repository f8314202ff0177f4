import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import { FunctionsClient } from '../functions/functions-client.ts'
import { note } from '../session.ts'
import type { EXPORT_FLAGS } from '../table/transfer.ts'
import { stackText, unsaid } from './stack-text.ts'

/** `export`: what a gateway runs, as a stack file. It asks only what every gateway of OpenFaaS answers. */
export async function run({ flags, isGiven, session }: Invocation<typeof EXPORT_FLAGS>): Promise<void> {
  const { namespace, 'all-namespaces': isAll, output } = flags
  if (isAll && namespace !== '') throw new CliError('--namespace and --all-namespaces exclude each other')
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const functions = isAll ? await client.listEverywhere() : ((await client.list(namespace)) ?? [])
  for (const one of functions)
    for (const key of unsaid(one))
      note(session, `${one.name}: a stack file has no key for ${key}, so it is left out`)
  const text = stackText(functions, isAll || namespace !== '')
  if (output === '' || output === '-') session.stdout.write(text)
  else {
    // Variables may hold what others should not read.
    await writeWhole(resolve(session.cwd, output), text, { mode: 0o600 })
    note(session, `Wrote ${functions.length} function${functions.length === 1 ? '' : 's'} to ${output}`)
  }
  const secrets = [...new Set(functions.flatMap((one) => one.secrets ?? []))].toSorted()
  if (secrets.length > 0)
    note(session, `Their secrets have to be made by hand where they go: ${secrets.join(', ')}`)
}
