import { readFile } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { note, type Session } from '../session.ts'
import { Bell, type BellTimes } from './bell.ts'
import { FolderWatch } from './folder-watch.ts'
import { type FoundEntry, lookInto } from './look.ts'
import { changesBetween, isEmpty, type Tree, type TreeChanges } from './tree-changes.ts'

/** What is watched. Paths are relative to the working folder, or absolute. */
export interface Watched {
  /** Folders of handlers, by function. */
  readonly handlers: ReadonlyMap<string, string>
  /** Single files, which need not exist. */
  readonly files: readonly string[]
}

export interface ProjectChanges {
  /** By function, those with changes only. */
  readonly handlers: ReadonlyMap<string, TreeChanges>
  /** As they were named. */
  readonly files: readonly string[]
}

/** Tells what changed in folders of handlers and in files, for `dev` and for `up --watch`. */
export class ProjectWatch {
  readonly #session: Session
  readonly #bell: Bell
  readonly #folders: FolderWatch
  #watched: Watched = { handlers: new Map(), files: [] }
  #trees = new Map<string, ReadonlyMap<string, FoundEntry>>()
  #texts = new Map<string, string | null>()

  constructor(session: Session, times: BellTimes) {
    this.#session = session
    this.#bell = new Bell(session.clock, times)
    this.#folders = new FolderWatch({
      clock: session.clock,
      onEvent: (folder, name) => {
        if (this.#isMeant(folder, name)) this.#bell.ring()
      },
      onPolling: (reason) =>
        note(session, `The system watches no more folders (${reason}), so they are looked at every second.`),
    })
  }

  /** Begins, or goes on with other things: what is there now counts as seen. */
  async set(watched: Watched): Promise<void> {
    this.#watched = watched
    await this.#look()
  }

  /** What was seen last. */
  tree(fn: string): Tree {
    return this.#trees.get(fn) ?? new Map()
  }

  /** Somebody has to look again, whether or not something changed. */
  ring(): void {
    this.#bell.ring()
  }

  /** Resolves when it rang and is quiet, with what has changed since the last time, which may be nothing. */
  async next(signal: AbortSignal): Promise<ProjectChanges> {
    await this.#bell.quiet(signal)
    return this.#look()
  }

  close(): void {
    this.#folders.close()
  }

  async #look(): Promise<ProjectChanges> {
    const { cwd, clock } = this.#session
    const before = this.#trees
    const texts = this.#texts
    for (;;) {
      const folders: string[] = []
      const trees = new Map<string, ReadonlyMap<string, FoundEntry>>()
      for (const [fn, handler] of this.#watched.handlers) {
        const root = resolve(cwd, handler)
        const looked = await lookInto(root, before.get(fn) ?? new Map(), clock.wall())
        trees.set(fn, looked.tree)
        folders.push(...looked.folders)
      }
      this.#trees = trees
      this.#texts = new Map(await Promise.all(this.#watched.files.map((file) => this.#textOf(file))))
      folders.push(...this.#watched.files.map((file) => dirname(resolve(cwd, file))))
      if (!(await this.#folders.set(folders))) break
    }
    const handlers = [...this.#trees].map(([fn, tree]) => {
      return [fn, changesBetween(before.get(fn) ?? new Map(), tree)] as const
    })
    return {
      handlers: new Map(handlers.filter(([, changes]) => !isEmpty(changes))),
      files: this.#watched.files.filter((file) => texts.get(file) !== this.#texts.get(file)),
    }
  }

  async #textOf(file: string): Promise<readonly [string, string | null]> {
    const path = resolve(this.#session.cwd, file)
    return [file, await readFile(path, 'utf8').catch(() => null)]
  }

  /** Of the folder of a single file everything else is nobody's affair. */
  #isMeant(folder: string, name: string | null): boolean {
    const { handlers, files } = this.#watched
    const { cwd } = this.#session
    const isOfHandler = [...handlers.values()].some((handler) => {
      const root = resolve(cwd, handler)
      return folder === root || folder.startsWith(`${root}/`) || isFileIn(root, folder, name)
    })
    return isOfHandler || files.some((file) => isFileIn(resolve(cwd, file), folder, name))
  }
}

function isFileIn(path: string, folder: string, name: string | null): boolean {
  return dirname(path) === folder && (name === null || basename(path) === name)
}
