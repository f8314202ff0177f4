import type { Invocation } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { envOf } from '../session.ts'
import type { PULL_FLAGS } from '../table/templates.ts'
import { pullTemplates } from './pull.ts'
import { templateSource } from './template-source.ts'

export const TEMPLATES_URL = 'https://github.com/openfaas/templates.git'

/** cli.md 3.15. */
export async function run({ args, flags, session }: Invocation<typeof PULL_FLAGS>): Promise<void> {
  const [given = ''] = args
  // Whoever types the usual address means the usual one, whatever that is here.
  const named = given === TEMPLATES_URL ? '' : given
  const source = named || envOf(session, 'OPENFAAS_TEMPLATE_URL') || TEMPLATES_URL
  const { overwrite, debug } = flags
  await pullTemplates(session, templateSource(session, source), {
    isOffline: isOffline(session, flags),
    overwrite,
    debug,
  })
}
