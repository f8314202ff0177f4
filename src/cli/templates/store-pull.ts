import type { Invocation } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { say } from '../session.ts'
import type { TEMPLATE_STORE_PULL_FLAGS } from '../table/templates.ts'
import { copyShipped } from './copy-shipped.ts'
import { pullTemplates } from './pull.ts'
import { storeTemplates, templateNamed } from './template-store.ts'
import { templateSource } from './template-source.ts'

/** `template store pull` (cli.md 3.15): all templates of the repository that has the one. */
export async function run({
  args,
  flags,
  session,
}: Invocation<typeof TEMPLATE_STORE_PULL_FLAGS>): Promise<void> {
  const [name = '', ref = ''] = (args[0] ?? '').split('@')
  const offline = isOffline(session, flags)
  const { repo, template } = templateNamed(
    await storeTemplates(session, { url: flags.url, isOffline: offline }),
    name,
  )
  if (repo === '') {
    await copyShipped(session, template, { overwrite: flags.overwrite })
    say(session, `Wrote 1 template(s) : [${template}]`)
    return
  }
  const source = templateSource(session, ref === '' ? repo : `${repo}#${ref}`)
  const { overwrite, debug } = flags
  await pullTemplates(session, source, { isOffline: offline, overwrite, debug })
}
