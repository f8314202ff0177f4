/** What a file is to contain. */
export interface Schema {
  /** A step per version. */
  readonly migrations: readonly string[]
  /** A change of nothing, by which a file that can only be read is found out. */
  readonly touch: string
  /** Files below this version were written without erasing what was deleted: their free pages hold old values. */
  readonly firstErasingVersion: number
  /** A file is copied before it is migrated. */
  readonly keepsCopies: boolean
  /** `FULL`: a write that returned survives a pulled plug. `NORMAL`: only a kill of the process. */
  readonly synchronous: 'FULL' | 'NORMAL'
}
