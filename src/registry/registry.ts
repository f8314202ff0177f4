import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { claimDataFolder } from './data-folder.ts'
import { Database } from './database.ts'
import { FunctionStore } from './function-store.ts'
import { InvocationStore } from './invocation-store.ts'
import { NamespaceStore } from './namespace-store.ts'
import { OwnerStore } from './owner-store.ts'
import { RegistryError } from './registry-error.ts'
import { keyFile, openSeal } from './secret-seal.ts'
import { SecretStore } from './secret-store.ts'

/** Everything that the daemon keeps, opened. */
export interface Registry {
  readonly functions: FunctionStore
  readonly namespaces: NamespaceStore
  readonly secrets: SecretStore
  readonly invocations: InvocationStore
  readonly owners: OwnerStore
  /**
   * Writes all of it to a file that does not exist, as it is now. Without secrets their values are not in it, sealed or
   * not. Throws `unavailable` on a full disk; then there is no file.
   */
  copyTo(path: string, withSecrets: boolean): void
  close(): void
}

/**
 * Opens the registry of a data folder, or makes both. Throws `RegistryError` with a sentence that says what
 * to do.
 */
export function openRegistry(dataDir: string, log: Log): Registry {
  claimDataFolder(dataDir, log)
  const db = Database.open(join(dataDir, 'registry.db'), (err) =>
    log.error('removed data is still in a file of the registry', { err }),
  )
  try {
    const secrets = new SecretStore(db, openSeal(dataDir, SecretStore.holdsValues(db)))
    if (!secrets.canOpen()) throw new RegistryError(wrongKey(keyFile(dataDir)))
    return {
      functions: new FunctionStore(db),
      namespaces: new NamespaceStore(db),
      secrets,
      invocations: new InvocationStore(db),
      owners: new OwnerStore(db),
      copyTo: (path, withSecrets) => copyTo(db, path, withSecrets),
      close: () => db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}

function wrongKey(path: string): string {
  return `${path} is not the key that the secrets of this registry were sealed with. Put the key of the same backup back.`
}

function copyTo(db: Database, path: string, withSecrets: boolean): void {
  db.copyTo(path)
  if (withSecrets) return
  try {
    const copy = Database.open(path)
    try {
      copy.erasing(() => copy.run('DELETE FROM secret'))
    } finally {
      copy.close()
    }
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    throw error
  }
}
