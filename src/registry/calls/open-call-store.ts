import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../log.ts'
import { CALL_SCHEMA } from './call-schema.ts'
import { CallStore } from './call-store.ts'
import { Database } from '../database.ts'

/**
 * Opens the book of asynchronous calls in the data folder, or makes it. A damaged one is put aside: the calls
 * themselves are in the streams, only what is remembered of ended ones is lost. Throws `RegistryError` when a new
 * one cannot be made either.
 */
export function openCallStore(dataDir: string, log: Log): CallStore {
  const path = join(dataDir, 'calls.db')
  const onLost = (err: unknown): void => log.error('what became of calls cannot be written', { err })
  try {
    return new CallStore(Database.open(path, undefined, CALL_SCHEMA), onLost)
  } catch (error) {
    if (!isDamaged(error) || !existsSync(path)) throw error
    const aside = `${path}.damaged`
    log.error('the book of asynchronous calls is damaged: a new one is begun', {
      aside,
      reason: messageOf(error),
    })
    for (const suffix of ['', '-wal', '-shm']) {
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix)
    }
    return new CallStore(Database.open(path, undefined, CALL_SCHEMA), onLost)
  }
}

function isDamaged(error: unknown): boolean {
  return messageOf(error).includes('is damaged')
}
