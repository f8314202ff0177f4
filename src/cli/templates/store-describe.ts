import type { Invocation } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { TEMPLATE_DESCRIBE_FLAGS } from '../table/templates.ts'
import { storeTemplates, templateNamed } from './template-store.ts'

/** `template store describe` (cli.md 3.15). */
export async function run({
  args,
  flags,
  session,
}: Invocation<typeof TEMPLATE_DESCRIBE_FLAGS>): Promise<void> {
  const all = await storeTemplates(session, { url: flags.url, isOffline: isOffline(session, flags) })
  const found = templateNamed(all, args[0] ?? '')
  if (await presentData(session, { json: flags.json, output: flags.output }, found)) return
  const rows = [
    ['Name', found.template],
    ['Description', found.description],
    ['Language', found.language],
    ['Source', found.source],
    ['Repository', found.repo || 'comes with this program'],
    ['Platform', found.platform],
    ['Official', found.official],
    ['Recommended', found.recommended ? '[x]' : '[ ]'],
  ] as const
  for (const [name, value] of rows) say(session, `${`${name}:`.padEnd(16)}${value}`)
}
