/** Files that a running container is to have, and those that it is not to have any more. Paths are relative. */
export interface FileChanges {
  /** In the order in which they are written: folders before what is in them. */
  readonly files: readonly ChangedFile[]
  /** Files and folders. One that is not there is no error. */
  readonly removed: readonly string[]
}

export interface ChangedFile {
  /** Separated by `/`, without `.` and `..`. */
  readonly path: string
  readonly kind: 'file' | 'folder'
  /** Of nine bits. */
  readonly mode: number
  /** Empty for a folder. */
  readonly content: Uint8Array
}
