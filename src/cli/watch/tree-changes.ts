/** A file or folder as it was seen. */
export interface SeenEntry {
  readonly kind: 'file' | 'folder'
  /** Of nine bits. */
  readonly mode: number
  /** By which a change is told that left time and size as they were, and no change where only they differ. Of a folder: empty. */
  readonly digest: string
}

/** What is in a folder: by path, with `/` between names. */
export type Tree<E extends SeenEntry = SeenEntry> = ReadonlyMap<string, E>

export interface TreeChanges {
  /** New or different, folders before what is in them. */
  readonly changed: readonly string[]
  readonly removed: readonly string[]
}

/** What became of a folder between two looks. Pure. A rename is a removal and something new. */
export function changesBetween(before: Tree, after: Tree): TreeChanges {
  const changed = [...after].flatMap(([path, entry]) => (isSame(before.get(path), entry) ? [] : [path]))
  const removed = [...before.keys()].filter((path) => !after.has(path))
  return { changed: changed.toSorted(), removed: removed.toSorted() }
}

export function isEmpty({ changed, removed }: TreeChanges): boolean {
  return changed.length === 0 && removed.length === 0
}

function isSame(one: SeenEntry | undefined, other: SeenEntry): boolean {
  if (one === undefined || one.kind !== other.kind || one.mode !== other.mode) return false
  return one.digest === other.digest
}
