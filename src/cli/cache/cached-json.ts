import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import { note, type Session } from '../session.ts'
import { cacheFolder, cacheKey } from './cache-folder.ts'
import { download } from './download.ts'

export interface JsonSource {
  readonly url: string
  readonly timeoutMs: number
  readonly isOffline: boolean
}

/**
 * A JSON document from the network; where that fails, what it was the last time, which is said on standard error.
 * Null: there is neither. With `isOffline` the network is not asked.
 */
export async function cachedJson(session: Session, source: JsonSource): Promise<unknown> {
  const { url, isOffline } = source
  const file = join(cacheFolder(session), 'json', `${cacheKey(url)}.json`)
  let reason = ''
  if (!isOffline) {
    try {
      const value = parsed(await download(session, url, source.timeoutMs))
      await keep(file, { url, at: new Date().toISOString(), value })
      return value
    } catch (error) {
      if (session.signal.aborted) throw error
      reason = messageOf(error)
    }
  }
  const kept = await keptIn(file)
  if (reason !== '') {
    const instead =
      kept === null ? 'what comes with this program is shown' : `what it was at ${kept.at} is shown, too`
    note(session, `${url} cannot be had (${reason}): ${instead}.`)
  }
  return kept?.value ?? null
}

/** A cache that cannot be written is none: the document was had all the same. */
async function keep(file: string, kept: object): Promise<void> {
  try {
    await writeWhole(file, JSON.stringify(kept), { makesFolder: true })
  } catch {
    // A full disk, a home that is read-only.
  }
}

async function keptIn(file: string): Promise<{ readonly at: string; readonly value: unknown } | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { at: string; value: unknown }
  } catch {
    // Never fetched.
    return null
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw new CliError('it is no JSON', { cause })
  }
}
