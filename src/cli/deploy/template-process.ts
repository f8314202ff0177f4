import { note, type Session } from '../session.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import { templateAtHand, templateName } from '../templates/find-template.ts'
import { readManifest } from '../templates/template-manifest.ts'

/**
 * What the watchdog starts: as the stack file says, else as the template in `./template` does. Empty: the image says, as
 * those of the templates that come with this program do, so a template that is not here is no reason to fail (cli.md 15, 8).
 */
export async function processOf(
  session: Session,
  { name, fprocess, lang }: StackFunction,
  readsTemplate: boolean,
): Promise<string> {
  if (fprocess !== '' || !readsTemplate || lang === '' || templateName(lang) === 'dockerfile') return fprocess
  const found = templateAtHand(session, lang)
  if (found?.origin === 'project') return (await readManifest(found.folder)).fprocess
  if (found === null)
    note(
      session,
      `${name}: the template ${lang} is not in ./template, so the image must say what to start (fprocess)`,
    )
  return ''
}
