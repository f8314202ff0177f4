import { DEV_ANNOTATION } from '../../core/functions/dev-mode.ts'
import { BuildFailed, CliError, Unreachable } from '../cli-error.ts'
import { followLog } from '../function-logs/follow-log.ts'
import type { LogRecord } from '../function-logs/log-record.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import type { Session } from '../session.ts'
import type { StackFile, StackFunction } from '../stack/stack-file.ts'
import { ProjectWatch } from '../watch/project-watch.ts'
import { isEmpty, type TreeChanges } from '../watch/tree-changes.ts'
import { captured, linesTo } from './captured.ts'
import { named, stepFor, type SyncRules } from './change-plan.ts'
import { archiveOf, changesetOf } from './changeset.ts'
import { buildAndDeploy, type DevValues } from './dev-build.ts'
import { DEV_NEW, DevClient, NotInPlace } from './dev-client.ts'
import { restore } from './restore.ts'
import type { Screen } from './screen.ts'
import { shownRecord } from './shown-record.ts'
import { resolve } from 'node:path'

export interface DevFunctionOptions {
  readonly session: Session
  readonly flags: DevValues
  readonly gateway: GatewayClient
  readonly screen: Screen
  readonly fn: StackFunction
  readonly stack: StackFile | null
}

/** An edit is to be answered at once; what an editor writes in steps comes within this time. */
const TIMES = { quietMs: 50, longestMs: 500 } as const
const AGAIN_MS = 2_000
const NONE: TreeChanges = { changed: [], removed: [] }
/** Of the words of a build that failed. */
const SHOWN_LINES = 30

/**
 * One function that somebody works on: built and deployed at first, then changed in place or built again with each change.
 *
 * `#needsBuild`: what runs is no base for a change in place, because it could not be built or deployed. `#touched`: what has changed
 * since the image that runs was made; all of it is sent each time, so that a container that was made anew has it, too.
 */
export class DevFunction {
  readonly #options: DevFunctionOptions
  readonly #watch: ProjectWatch
  readonly #client: DevClient
  /** Replicas that have written something. */
  readonly #seen = new Set<string>()
  readonly #touched = new Set<string>()
  #fn: StackFunction
  #stack: StackFile | null
  #rules: SyncRules = { handlerPath: '', rebuild: [] }
  #needsBuild = true
  #needsSync = false
  #isNew = false
  /** Of what was deployed before; null: nothing was. */
  #replicas: number | null = null
  #lastTime: string

  constructor(options: DevFunctionOptions) {
    this.#options = options
    const { session, gateway, fn, stack } = options
    this.#fn = fn
    this.#stack = stack
    this.#watch = new ProjectWatch(session, TIMES)
    this.#client = new DevClient(gateway, { name: fn.name, namespace: this.#namespace })
    this.#lastTime = new Date(session.clock.wall()).toISOString()
  }

  get name(): string {
    return this.#fn.name
  }

  /** Looks at what is deployed, and begins to watch. Throws `CliError`. */
  async begin(): Promise<void> {
    const found = await this.#client.get()
    const annotations = found?.annotations ?? {}
    if (found === null) this.#isNew = true
    else if ((annotations[DEV_ANNOTATION] ?? '') === '') this.#replicas = found.replicas ?? 1
    else {
      this.#isNew = annotations[DEV_NEW] === 'true'
      this.#options.screen.say(this.name, 'taken over from a sampan dev that has not put it back')
    }
    await this.#watch.set(this.#watched)
  }

  /** Until the session ends, with whose reason it rejects. */
  async run(): Promise<void> {
    const { session } = this.#options
    const following = this.#follow()
    try {
      let changes = NONE
      for (;;) {
        await this.#step(changes)
        const found = await this.#watch.next(session.signal)
        changes = found.handlers.get(this.name) ?? NONE
      }
    } finally {
      this.#watch.close()
      await following
    }
  }

  /** The stack file says something else of it. */
  async become(fn: StackFunction, stack: StackFile | null): Promise<void> {
    const isElsewhere = fn.handler !== this.#fn.handler
    this.#fn = fn
    this.#stack = stack
    this.#needsBuild = true
    if (isElsewhere) await this.#watch.set(this.#watched)
    this.#watch.ring()
  }

  /** Puts back what was there, or deploys what is here for good. `gateway`: one whose session goes on. Throws `CliError`. */
  async end(session: Session, gateway: GatewayClient): Promise<void> {
    const { flags, screen } = this.#options
    if (flags.keep && (await this.#keep(session, gateway))) return
    const client = new DevClient(gateway, { name: this.name, namespace: this.#namespace })
    screen.say(this.name, await restore(client, this.#replicas))
  }

  async #keep(session: Session, gateway: GatewayClient): Promise<boolean> {
    const { flags, screen } = this.#options
    const quiet = captured(session)
    screen.say(this.name, 'building, to be kept…')
    try {
      const asked = { fn: this.#fn, stack: this.#stack, flags, gateway, dev: null }
      await buildAndDeploy(quiet.session, asked)
      screen.say(this.name, `deployed for good: ${this.#client.url}`)
      return true
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      if (error instanceof BuildFailed) screen.log(this.name, quiet.last(SHOWN_LINES))
      screen.fail(this.name, error.message)
      return false
    }
  }

  get #namespace(): string {
    return this.#options.flags.namespace || this.#fn.namespace
  }

  get #watched() {
    return { handlers: new Map([[this.name, this.#fn.handler]]), files: [] }
  }

  async #step(changes: TreeChanges): Promise<void> {
    if (this.#needsBuild || (!isEmpty(changes) && stepFor(changes, this.#rules) === 'build')) {
      return this.#build(isEmpty(changes) ? '' : `${named(changes)}: `)
    }
    for (const path of [...changes.changed, ...changes.removed]) this.#touched.add(path)
    if (!isEmpty(changes) || this.#needsSync) await this.#sync(isEmpty(changes) ? 'again' : named(changes))
  }

  async #build(what: string): Promise<void> {
    const { session, flags, gateway, screen } = this.#options
    const quiet = captured(session)
    const fromMs = session.clock.now()
    screen.state(this.name, 'building')
    screen.say(this.name, `${what}building…`)
    this.#needsBuild = true
    // From here on: what changes while it is built is not in the image.
    this.#touched.clear()
    try {
      const asked = { fn: this.#fn, stack: this.#stack, flags, gateway, dev: { isNew: this.#isNew } }
      this.#rules = await buildAndDeploy(quiet.session, asked)
      this.#needsBuild = false
      this.#needsSync = false
      screen.state(this.name, 'ready')
      screen.say(this.name, `built and ready in ${this.#since(fromMs)}: ${this.#client.url}`)
    } catch (error) {
      // Why a build failed is in its own words; why a deployment did is in the error.
      if (error instanceof BuildFailed && !session.signal.aborted)
        screen.log(this.name, quiet.last(SHOWN_LINES))
      this.#failed(error, 'broken')
    }
  }

  async #sync(what: string): Promise<void> {
    const { session, screen } = this.#options
    const fromMs = session.clock.now()
    const tree = this.#watch.tree(this.name)
    const { written, removed } = changesetOf(this.#touched, tree)
    if (written.length + removed.length === 0) return
    this.#needsSync = true
    try {
      const root = resolve(session.cwd, this.#fn.handler)
      this.#seen.add(await this.#client.sync(await archiveOf(root, this.#touched, tree)))
      this.#needsSync = false
      screen.state(this.name, 'ready')
      screen.say(this.name, `${what}: in place after ${this.#since(fromMs)}`)
    } catch (error) {
      if (!(error instanceof NotInPlace)) return this.#failed(error, 'not up to date')
      screen.say(this.name, error.message)
      await this.#build('')
    }
  }

  #failed(error: unknown, state: string): void {
    const { session, screen } = this.#options
    if (session.signal.aborted || !(error instanceof CliError)) throw error
    screen.state(this.name, state)
    screen.fail(this.name, error.message)
    const isAway = error instanceof Unreachable
    screen.say(
      this.name,
      isAway ? 'It is tried again until it can be reached.' : 'The next edit tries again.',
    )
    if (isAway) session.clock.after(AGAIN_MS, () => this.#watch.ring())
  }

  async #follow(): Promise<void> {
    const { session, gateway, screen } = this.#options
    const { signal } = session
    const stderr = linesTo((line) => screen.say(this.name, line))
    while (!signal.aborted) {
      const asked = { name: this.name, namespace: this.#namespace, follow: true, lines: 0 }
      const onRecord = (record: LogRecord): void => this.#heard(record)
      try {
        await followLog(
          { ...session, stderr },
          { ...asked, since: this.#lastTime, gateway, onRecord, signal },
        )
      } catch (error) {
        // It is not there yet, or not any more, or the gateway is away: the others say so.
        if (!signal.aborted && !(error instanceof CliError)) throw error
      }
      await session.clock.sleep(AGAIN_MS, signal).catch(() => undefined)
    }
  }

  #heard({ text, instance, timestamp }: LogRecord): void {
    const { screen } = this.#options
    // The same line again, after a connection that ended.
    if (timestamp === this.#lastTime) return
    this.#lastTime = timestamp
    const isNew = instance !== '' && !this.#seen.has(instance)
    this.#seen.add(instance)
    // Its container died, and the next one is made of the image.
    if (isNew && this.#touched.size > 0 && !this.#needsBuild) {
      this.#needsSync = true
      this.#watch.ring()
    }
    const shown = shownRecord(text)
    if (shown?.kind === 'call') screen.call(this.name, shown.status, shown.text)
    else if (shown?.kind === 'line') screen.log(this.name, shown.text)
    else if (shown?.kind === 'broken') {
      screen.fail(this.name, shown.text)
      screen.state(this.name, 'broken')
    }
  }

  #since(fromMs: number): string {
    return `${((this.#options.session.clock.now() - fromMs) / 1_000).toFixed(1)} s`
  }
}
