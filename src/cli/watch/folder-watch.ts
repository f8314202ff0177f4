import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { every, type Clock } from '../../clock.ts'

interface Watcher {
  readonly watcher: FSWatcher
  /** Of the folder, not of its name. A number of an inode is used again at once. */
  readonly identity: string
}

export interface FolderWatchOptions {
  readonly clock: Clock
  /** Something in a folder may have changed; `name` is what, if the system tells. */
  readonly onEvent: (folder: string, name: string | null) => void
  /** The system gives no more watches: it is looked from time to time instead. Called once. */
  readonly onPolling: (reason: string) => void
}

/** Between two looks where the system does not tell of changes. */
const POLL_MS = 1_000

/**
 * Tells of events in folders, each watched by itself: `fs.watch` with `recursive` misses files of new folders on Linux, and ends
 * with an error when one is removed (Node 20). What happened is for others to find out.
 */
export class FolderWatch {
  readonly #options: FolderWatchOptions
  readonly #watchers = new Map<string, Watcher>()
  readonly #ending = new AbortController()
  #wanted: ReadonlySet<string> = new Set()
  #isPolling = false

  constructor(options: FolderWatchOptions) {
    this.#options = options
  }

  /** From now on these folders. Answers whether one is new: what is in it may have changed before it was watched. */
  async set(folders: Iterable<string>): Promise<boolean> {
    this.#wanted = new Set(folders)
    for (const [folder, { watcher }] of this.#watchers) {
      if (this.#wanted.has(folder)) continue
      watcher.close()
      this.#watchers.delete(folder)
    }
    let isNew = false
    for (const folder of this.#wanted) {
      const facts = await stat(folder).catch(() => null)
      const known = this.#watchers.get(folder)
      const identity = facts === null ? '' : `${facts.dev} ${facts.ino} ${facts.birthtimeMs}`
      // Another folder of that name is not the one that is watched.
      if (facts === null || known?.identity === identity || this.#ending.signal.aborted) continue
      known?.watcher.close()
      if (this.#add(folder, identity)) isNew = true
    }
    return isNew
  }

  close(): void {
    this.#ending.abort()
    for (const { watcher } of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  #add(folder: string, identity: string): boolean {
    try {
      const watcher = watch(folder, (_kind, name) => {
        // So it is told that the folder itself is gone, and another one of its name is not watched then.
        if (name === basename(folder)) this.#lost(folder, watcher)
        else this.#options.onEvent(folder, name)
      })
      watcher.on('error', () => this.#lost(folder, watcher))
      this.#watchers.set(folder, { watcher, identity })
      return true
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException
      // One that is gone again is seen by the watch of its parent.
      if (code !== 'ENOENT' && code !== 'ENOTDIR') this.#poll(code)
      return false
    }
  }

  #lost(folder: string, watcher: FSWatcher): void {
    watcher.close()
    if (this.#watchers.get(folder)?.watcher === watcher) this.#watchers.delete(folder)
    this.#options.onEvent(folder, null)
  }

  #poll(code: string): void {
    if (this.#isPolling) return
    this.#isPolling = true
    const { clock, onEvent, onPolling } = this.#options
    onPolling(code)
    const round = (): void => {
      for (const folder of this.#wanted) onEvent(folder, null)
    }
    void every({ clock, intervalMs: POLL_MS, signal: this.#ending.signal, onError: () => undefined }, round)
  }
}
