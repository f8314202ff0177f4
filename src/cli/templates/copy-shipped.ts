import { existsSync } from 'node:fs'
import { copyFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'
import { projectTemplates } from './pull.ts'
import { shippedTemplate } from './shipped.ts'
import { WATCHDOG_FILE, watchdogFile } from './watchdog-file.ts'

/** Puts a template of this program into `./template`, where it can be changed. */
export async function copyShipped(
  session: Session,
  name: string,
  { overwrite }: { readonly overwrite: boolean },
): Promise<void> {
  const folder = shippedTemplate(name)
  if (folder === null) throw new CliError(`no template "${name}" comes with this program`)
  const target = join(projectTemplates(session), name)
  if (!overwrite && existsSync(target))
    throw new CliError(`the following templates are there already: ${name}`, {
      hint: 'Without --overwrite=false they are written over.',
    })
  await cp(folder, target, { recursive: true })
}

/** The same in a folder for others, with the watchdog that faas-cli would not put there. */
export async function copyWithWatchdog(
  folder: string,
  { target, platform }: { readonly target: string; readonly platform: string },
): Promise<void> {
  await cp(folder, target, { recursive: true })
  // The one whose Dockerfile is the function's own has it in the function's folder.
  const beside = existsSync(join(target, 'Dockerfile')) ? target : join(target, 'function')
  await copyFile(await watchdogFile(platform), join(beside, WATCHDOG_FILE))
}
