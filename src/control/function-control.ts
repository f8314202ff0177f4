import type { Clock } from '../clock.ts'
import { FaasError } from '../core/errors.ts'
import { namespaceOf, unknownFunction, type FunctionName } from '../core/functions/function-name.ts'
import type { DeployedFunction, FunctionChange, FunctionSpec } from '../core/functions/function-spec.ts'
import { unknownNamespace } from '../core/functions/namespace.ts'
import type { Provider } from '../core/provider/provider.ts'
import {
  revisionHistory,
  revisionToReturnTo,
  whyNotInService,
  type HistoryEntry,
} from '../core/functions/revision-history.ts'
import {
  functionBounds,
  replicasAfterScale,
  replicasAfterUpdate,
  type ReplicaBounds,
} from '../core/scaling/scaling-policy.ts'
import type { Log } from '../log.ts'
import type { FunctionEvent } from './function-event.ts'
import type { FunctionRegistry } from './function-registry.ts'
import { Preparation } from './preparation.ts'
import { checkNamespace, checkReferences, type ReferencePorts } from './references.ts'
import { RevisionProof } from './revision-proof.ts'

export interface FunctionControlPorts extends ReferencePorts {
  readonly registry: FunctionRegistry
  readonly provider: Provider
  readonly clock: Clock
  readonly log: Log
}

type Replacement = Pick<FunctionChange, 'spec' | 'body' | 'artifact'>

/**
 * The changes that users and triggers make to desired state: checked, stored, then handed to the provider.
 * The only writer of the registry's functions.
 */
export class FunctionControl {
  /** Must be told which revisions take calls. */
  readonly proof: RevisionProof
  readonly #ports: FunctionControlPorts
  readonly #watchers = new Set<(event: FunctionEvent) => void>()
  readonly #preparation: Preparation

  constructor(ports: FunctionControlPorts) {
    this.#ports = ports
    this.proof = new RevisionProof(ports)
    const { registry, provider, clock, log } = ports
    const onPrepared = (fn: DeployedFunction, artifact: string): void => {
      const pinned = registry.setArtifact(fn.spec.name, fn.revision, artifact)
      if (pinned !== undefined) this.#changed(fn, pinned)
    }
    this.#preparation = new Preparation({ provider, onPrepared, clock, log })
  }

  /**
   * Resumes deploys that were accepted before their image was here, and that the last process did not finish.
   */
  start(): void {
    for (const fn of this.#ports.registry.all()) {
      if (fn.artifact === null) void this.#preparation.later(fn)
    }
  }

  /**
   * Tells `listener` of every change from now on, before the provider is told; returns a function that ends
   * this. It must not throw. Functions that exist already are in the registry.
   */
  watch(listener: (event: FunctionEvent) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  get(fn: FunctionName): DeployedFunction | undefined {
    return this.#ports.registry.get(fn)
  }

  /** Throws `not-found`. */
  existing(fn: FunctionName): DeployedFunction {
    const found = this.get(fn)
    if (found === undefined) throw unknownFunction(fn)
    return found
  }

  /** As `existing`, but throws `invalid` when there is not even such a namespace. */
  find(fn: FunctionName): DeployedFunction {
    const namespace = namespaceOf(fn)
    if (this.get(fn) === undefined && !this.#ports.hasNamespace(namespace)) throw unknownNamespace(namespace)
    return this.existing(fn)
  }

  /** The functions of a namespace; throws `invalid` when there is no such namespace. */
  list(namespace: string): readonly DeployedFunction[] {
    checkNamespace(namespace, this.#ports)
    return this.#ports.registry.all().filter(({ spec }) => namespaceOf(spec.name) === namespace)
  }

  /**
   * A new function. Throws `conflict` when the name is taken, `invalid` when namespace, secret or image do
   * not exist.
   */
  async deploy(spec: FunctionSpec, body: string): Promise<void> {
    const { registry } = this.#ports
    checkReferences(spec, this.#ports)
    this.#checkFree(spec.name)

    const artifact = await this.#preparation.now(spec)
    // Checks again: while the image was pulled, the secret or namespace may have been removed, or the name
    // taken.
    checkReferences(spec, this.#ports)
    this.#checkFree(spec.name)
    const replicas = this.#bounds(spec).min
    const fn = registry.insert({ spec, body, replicas, artifact, nowMs: this.#nowMs() })
    this.#deployed({ kind: 'known', fn })
  }

  /**
   * A new complete spec for a function; nothing of the old one is kept. Throws `not-found`, else as `deploy`.
   */
  async update(spec: FunctionSpec, body: string): Promise<void> {
    this.existing(spec.name)
    checkReferences(spec, this.#ports)

    const artifact = await this.#preparation.now(spec)
    checkReferences(spec, this.#ports)
    // Read again: it may have been scaled, or removed, while its image was fetched.
    this.#replace(this.existing(spec.name), { spec, body, artifact })
  }

  /** The revisions of a function that are kept, newest first. Throws as `find`. */
  revisions(fn: FunctionName): readonly HistoryEntry[] {
    const { registry, provider } = this.#ports
    return revisionHistory(this.find(fn), registry.earlier(fn), provider.condition(fn))
  }

  /**
   * Deploys an earlier revision anew, with the image that it had: `wanted`, or the last good one before the
   * newest. Answers remarks for the client. Throws `not-found`, `invalid`, naming the field, when there is no
   * such revision or it refers to what is gone, and what `update` throws about its image.
   */
  async rollback(fn: FunctionName, wanted?: number): Promise<readonly string[]> {
    const { registry, log } = this.#ports
    const earlier = revisionToReturnTo(this.existing(fn), registry.earlier(fn), wanted)
    checkReferences(earlier.spec, this.#ports)
    const { artifact, remarks } = await this.#preparation.again(earlier)
    checkReferences(earlier.spec, this.#ports)
    const newest = this.existing(fn)
    const { revision } = this.#replace(newest, { ...earlier, artifact }, earlier.revision)
    log.info('function rolled back', { fn, from: newest.revision, to: earlier.revision, revision })
    return remarks
  }

  /**
   * Erases the revisions before the newest, but for the last good one while it may serve. Throws `not-found`.
   */
  eraseRevisions(fn: FunctionName): void {
    this.existing(fn)
    this.#ports.registry.eraseEarlier(fn)
    this.#ports.log.info('earlier revisions erased', { fn })
  }

  /** Throws `not-found`. On return the name is free; replicas end in the background. */
  async remove(fn: FunctionName): Promise<void> {
    const { registry, provider, log } = this.#ports
    const before = this.existing(fn)
    registry.remove(fn)
    this.#tell({ kind: 'removed', fn: before })
    provider.remove(fn)
    log.info('function removed', { fn })
  }

  /**
   * Sets the desired replicas, within the function's bounds, and ends its rest; answers what was set. Throws
   * `not-found`.
   */
  async scale(fn: FunctionName, wanted: number): Promise<number> {
    const { registry, log } = this.#ports
    const before = this.existing(fn)
    const replicas = replicasAfterScale(wanted, this.#bounds(before.spec))
    registry.setReplicas(fn, replicas)
    this.#changed(before, registry.setResting(fn, false))
    if (replicas !== before.replicas) log.info('function scaled', { fn, from: before.replicas, to: replicas })
    return replicas
  }

  /**
   * The replicas were scaled outside Sampan: stores that number as desired. Does nothing for a function that
   * does not exist.
   */
  follow(fn: FunctionName, replicas: number): void {
    const { registry, log } = this.#ports
    const before = registry.get(fn)
    if (before === undefined || before.replicas === replicas) return
    this.#tell({ kind: 'changed', fn: registry.setReplicas(fn, replicas) })
    log.info('function scaled by somebody else', { fn, from: before.replicas, to: replicas })
  }

  /**
   * No call is expected soon: replicas without calls may be frozen until one comes. A repeated call checks
   * again those that were busy. Throws `not-found`.
   */
  rest(fn: FunctionName): void {
    const { registry, provider } = this.#ports
    const before = this.existing(fn)
    const after = registry.setResting(fn, true)
    if (after === before) provider.apply(after)
    else this.#changed(before, after)
  }

  /**
   * A call waits for the function: ends its rest and, when it is scaled to zero, raises it to its minimum.
   * Does nothing for a function that does not exist. Never throws: the waiting calls must not fail because
   * the registry refused the write, since the function may become ready in another way.
   */
  wake(fn: FunctionName): void {
    const { registry, provider, log } = this.#ports
    const before = registry.get(fn)
    if (before === undefined) return
    // First, and whatever the desired state says: a frozen replica answers within milliseconds.
    provider.wake(fn)
    if (before.replicas > 0 && before.isResting !== true) return
    try {
      if (before.replicas === 0) registry.setReplicas(fn, this.#bounds(before.spec).min)
      const after = registry.setResting(fn, false)
      this.#changed(before, after)
      log.info('function woken', { fn, from: before.replicas, to: after.replicas })
    } catch (err) {
      log.error('function wake failed', { fn, err })
    }
  }

  /** Ends background waits for images. */
  stop(): void {
    this.#preparation.stop()
    this.proof.stop()
  }

  #tell(event: FunctionEvent): void {
    for (const listener of this.#watchers) listener(event)
  }

  /** The same object means that nothing has changed. */
  #changed(before: DeployedFunction, after: DeployedFunction): void {
    if (after === before) return
    this.#tell({ kind: 'changed', fn: after })
    this.#ports.provider.apply(after)
  }

  /** A new revision in the place of `newest`. */
  #replace(
    newest: DeployedFunction,
    { spec, body, artifact }: Replacement,
    returnsTo?: number,
  ): DeployedFunction {
    const { registry, provider } = this.#ports
    const replicas = replicasAfterUpdate(newest.replicas, this.#bounds(spec))
    const reason = whyNotInService(provider.condition(spec.name))
    const nowMs = this.#nowMs()
    const fn = registry.replace({ spec, body, replicas, artifact, reason, nowMs })
    this.#deployed({ kind: 'changed', fn, ...(returnsTo !== undefined && { returnsTo }) })
    return fn
  }

  #deployed(event: FunctionEvent): void {
    const { provider, log } = this.#ports
    const { fn } = event
    this.#tell(event)
    provider.apply(fn)
    log.info('function deployed', {
      fn: fn.spec.name,
      image: fn.spec.image,
      revision: fn.revision,
      replicas: fn.replicas,
      artifact: fn.artifact ?? 'pending',
    })
    if (fn.artifact === null) void this.#preparation.later(fn)
  }

  #checkFree(fn: FunctionName): void {
    if (this.get(fn) !== undefined) throw new FaasError('conflict', `function ${fn} exists already`)
  }

  #bounds(spec: FunctionSpec): ReplicaBounds {
    return functionBounds(spec, this.#ports.provider.capabilities.maxReplicas)
  }

  #nowMs(): number {
    return Math.floor(this.#ports.clock.wall())
  }
}
