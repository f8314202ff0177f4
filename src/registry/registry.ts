import { join } from 'node:path'
import type { Log } from '../log.ts'
import { claimDataFolder } from './data-folder.ts'
import { Database } from './database.ts'
import { FunctionStore } from './function-store.ts'
import { InvocationStore } from './invocation-store.ts'
import { NamespaceStore } from './namespace-store.ts'
import { OwnerStore } from './owner-store.ts'
import { openSeal } from './secret-seal.ts'
import { SecretStore } from './secret-store.ts'

/** Everything that the daemon keeps, opened. */
export interface Registry {
  readonly functions: FunctionStore
  readonly namespaces: NamespaceStore
  readonly secrets: SecretStore
  readonly invocations: InvocationStore
  readonly owners: OwnerStore
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
    return {
      functions: new FunctionStore(db),
      namespaces: new NamespaceStore(db),
      secrets: new SecretStore(db, openSeal(dataDir, SecretStore.holdsValues(db))),
      invocations: new InvocationStore(db),
      owners: new OwnerStore(db),
      close: () => db.close(),
    }
  } catch (error) {
    db.close()
    throw error
  }
}
