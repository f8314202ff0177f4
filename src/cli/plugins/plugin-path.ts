import { statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { envOf, type Session } from '../session.ts'

/**
 * The file in `~/.openfaas/plugins` that has the name of the first word: it runs instead of a command of ours, as in
 * faas-cli (cli.md 1.8). Null without one.
 */
export function pluginNamed(word: string, session: Session): string | null {
  if (!/^[^-./\\][^/\\]*$/.test(word)) return null
  const path = join(envOf(session, 'HOME') || homedir(), '.openfaas', 'plugins', word)
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true ? path : null
}
