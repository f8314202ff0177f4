import { closeSync, existsSync, openSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { copiesOf, keepBeforeMigration, writeCopy } from './copies.ts'
import { codeOf, corrupt, openError, translated } from './database-errors.ts'
import { REGISTRY_SCHEMA } from './migrations.ts'
import type { Schema } from './schema.ts'
import { RegistryError } from './registry-error.ts'

/**
 * The registry's SQLite file: open, check, migrate, run. The only importer of the SQLite library. Everything
 * here is synchronous: a write returns when it is on disk (WAL, synchronous=FULL), so what was acknowledged
 * survives a power cut. What `erasing` removed is no longer in any file of the registry.
 */

/** Marks the file as ours (`PRAGMA application_id`): "SAMP". */
const APPLICATION_ID = 0x53414d50

/** Milliseconds to wait for a lock that another process is about to give up. */
const LOCK_WAIT_MS = 500

/**
 * Every connection and statement ever made, for the life of the process. From Node 24.19 on (its
 * `node_object_wrap.h` takes back a cleanup hook) an object of better-sqlite3 before 13 that is garbage
 * collected outside of a call aborts the process: "Assertion failed: (env) != nullptr". So none ever is
 * collected. A daemon has one connection and two dozen statements; create them only through `keep`.
 */
const KEPT = new Set<object>()

function keep<T extends object>(made: T): T {
  KEPT.add(made)
  return made
}

/** Copies the write-ahead log into the database and truncates the log. */
const EMPTY_THE_LOG = 'PRAGMA wal_checkpoint(TRUNCATE)'

const COPY = 'VACUUM INTO ?'

export type Row = Readonly<Record<string, unknown>>
type Value = string | number | bigint | null | Uint8Array

export class Database {
  readonly #sqlite: Sqlite.Database
  readonly #statements = new Map<string, Sqlite.Statement<Value[]>>()
  readonly #onLeftOver: (error: unknown) => void

  private constructor(sqlite: Sqlite.Database, onLeftOver: (error: unknown) => void) {
    this.#sqlite = sqlite
    this.#onLeftOver = onLeftOver
  }

  /**
   * Opens or makes the registry at `path` (`:memory:` for tests), in a folder that exists. Throws
   * `RegistryError`; an existing file is never replaced. `onLeftOver` is told when something was removed, but
   * its bytes could not be erased yet.
   */
  static open(
    path: string,
    onLeftOver: (error: unknown) => void = () => {},
    schema: Schema = REGISTRY_SCHEMA,
  ): Database {
    let sqlite: Sqlite.Database | undefined
    try {
      const isNew = path === ':memory:' || !existsSync(path)
      // Its log gets the same mode from SQLite.
      if (isNew && path !== ':memory:') closeSync(openSync(path, 'a', 0o600))
      sqlite = keep(new Sqlite(path, { timeout: LOCK_WAIT_MS }))
      prepare(sqlite, path, { ...schema, isNew })
      return new Database(sqlite, onLeftOver)
    } catch (error) {
      sqlite?.close()
      throw error instanceof RegistryError ? error : openError(path, error)
    }
  }

  /** Whether a process has the file open as `open` does. It is left as it is; what cannot be read is not in use. */
  static isInUse(path: string): boolean {
    let sqlite: Sqlite.Database | undefined
    try {
      sqlite = keep(new Sqlite(path, { readonly: true, timeout: LOCK_WAIT_MS }))
      keep(sqlite.prepare('SELECT 1 FROM sqlite_master')).get()
      return false
    } catch (error) {
      return codeOf(error).startsWith('SQLITE_BUSY')
    } finally {
      sqlite?.close()
    }
  }

  /** The first row, or undefined. */
  get(sql: string, ...values: Value[]): Row | undefined {
    return translated(() => this.#prepared(sql).get(...values) as Row | undefined)
  }

  all(sql: string, ...values: Value[]): readonly Row[] {
    return translated(() => this.#prepared(sql).all(...values) as Row[])
  }

  /** Runs a change; answers how many rows it touched. */
  run(sql: string, ...values: Value[]): number {
    return translated(() => this.#prepared(sql).run(...values).changes)
  }

  /** Runs `work` as one transaction: all of it is on disk on return, or nothing when it throws. */
  transaction<T>(work: () => T): T {
    return translated(() => this.#sqlite.transaction(work).immediate())
  }

  /**
   * As `transaction`. What `work` removed or replaced is then in no file of the registry: SQLite overwrites
   * it in the database, and the write-ahead log, which holds older pages, is emptied here. A failure to empty
   * it is reported to `onLeftOver`, and the next call or the next start tries again.
   */
  erasing<T>(work: () => T): T {
    const result = this.transaction(work)
    try {
      this.#sqlite.exec(EMPTY_THE_LOG)
    } catch (error) {
      this.#onLeftOver(error)
    }
    return result
  }

  /**
   * As `transaction`, but not forced onto the disk: a killed process loses nothing, a power cut may. For data
   * that is easily recreated.
   */
  relaxed<T>(work: () => T): T {
    this.#sqlite.exec('PRAGMA synchronous = NORMAL')
    try {
      return this.transaction(work)
    } finally {
      this.#sqlite.exec('PRAGMA synchronous = FULL')
    }
  }

  /**
   * Writes all of it to a file that does not exist: one moment of it, and as small as can be. The event loop waits
   * meanwhile: docs/decisions/0051-backups-by-the-daemon.md has the figures.
   */
  copyTo(path: string): void {
    translated(() => writeCopy(path, (to) => void this.#prepared(COPY).run(to)))
  }

  /** Begins a transaction that lasts over several calls. Nobody else may begin one before its `commit`. */
  begin(): void {
    translated(() => this.#sqlite.exec('BEGIN IMMEDIATE'))
  }

  commit(): void {
    translated(() => this.#sqlite.exec('COMMIT'))
  }

  /** False also after a failure that has ended the transaction by itself: a full disk does. */
  get inTransaction(): boolean {
    return this.#sqlite.inTransaction
  }

  /** Also after a failure that has ended the transaction by itself. */
  rollback(): void {
    if (this.#sqlite.inTransaction) this.#sqlite.exec('ROLLBACK')
  }

  close(): void {
    this.#sqlite.close()
  }

  #prepared(sql: string): Sqlite.Statement<Value[]> {
    let statement = this.#statements.get(sql)
    if (statement === undefined) {
      statement = keep(this.#sqlite.prepare<Value[]>(sql))
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

function prepare(sqlite: Sqlite.Database, path: string, schema: Schema & { readonly isNew: boolean }): void {
  // Exclusive: a second daemon on the same data folder must fail at its start, not corrupt what the first one
  // believes.
  sqlite.exec('PRAGMA locking_mode = EXCLUSIVE')
  if (!schema.isNew) checkOwner(sqlite, path)
  sqlite.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${schema.synchronous}; PRAGMA foreign_keys = ON`,
  )
  // Deleted bytes are overwritten, and none gets into a temporary file.
  sqlite.exec('PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY')
  checkIntegrity(sqlite, path)
  migrate(sqlite, path, schema)
  // A process that was killed may have left removed values in the log.
  sqlite.exec(EMPTY_THE_LOG)
  // A registry on a read-only disk opens without complaint; only a write tells.
  sqlite.exec(schema.touch)
}

function checkOwner(sqlite: Sqlite.Database, path: string): void {
  const tables = Number(scalar(sqlite, 'SELECT count(*) FROM sqlite_master'))
  if (scalar(sqlite, 'PRAGMA application_id') !== APPLICATION_ID && tables > 0) {
    throw new RegistryError(
      `${path} is a database of another program. Set SAMPAN_DATA_DIR to a folder of Sampan's own.`,
    )
  }
}

function checkIntegrity(sqlite: Sqlite.Database, path: string): void {
  const verdict = scalar(sqlite, 'PRAGMA quick_check(1)')
  if (verdict !== 'ok') throw corrupt(path, new Error(String(verdict)))
}

function migrate(
  sqlite: Sqlite.Database,
  path: string,
  { migrations, firstErasingVersion, keepsCopies }: Schema,
): void {
  const version = Number(scalar(sqlite, 'PRAGMA user_version'))
  if (version > migrations.length) {
    const copy = copiesOf(path).at(-1)
    throw new RegistryError(
      `${path} was written by a newer Sampan (registry version ${version}, this program knows ${migrations.length}). Install that version again, ` +
        `or put back a copy made before the upgrade${copy === undefined ? '' : `, which lies beside it: ${copy} (docs/operations.md)`}.`,
    )
  }
  if (keepsCopies && version > 0 && version < migrations.length)
    keepBeforeMigration(path, version, (to) => void keep(sqlite.prepare(COPY)).run(to))
  // Before the migrations: if it is interrupted, the version still says that it is due.
  if (version > 0 && version < firstErasingVersion) sqlite.exec('VACUUM')
  for (const [index, step] of migrations.entries()) {
    if (index < version) continue
    sqlite
      .transaction(() => {
        sqlite.exec(step)
        sqlite.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}`)
      })
      .immediate()
  }
}

/** The first column of the first row. */
function scalar(sqlite: Sqlite.Database, sql: string): unknown {
  return keep(sqlite.prepare(sql)).pluck().get()
}
