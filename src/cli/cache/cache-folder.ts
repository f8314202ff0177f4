import { createHash } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { envOf, isSwitchedOn, type Session } from '../session.ts'

/** Never touch the network: like the flag `--offline`. */
export const OFFLINE_VARIABLE = 'SAMPAN_OFFLINE'

/** Of the user: what can be fetched again. */
export function cacheFolder(session: Session): string {
  const given = envOf(session, 'XDG_CACHE_HOME')
  return join(given === '' ? join(envOf(session, 'HOME') || homedir(), '.cache') : given, 'sampan')
}

/** A name for a file about something with a long one. */
export function cacheKey(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}

export function isOffline(session: Session, flags: { readonly offline: boolean }): boolean {
  return flags.offline || isSwitchedOn(session, OFFLINE_VARIABLE)
}
