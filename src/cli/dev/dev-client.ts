import { DEV_ANNOTATION } from '../../core/functions/dev-mode.ts'
import { CliError } from '../cli-error.ts'
import type { ListedFunction } from '../functions/functions-client.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { queryOf } from '../gateway/query.ts'

/** There was no such function before: at the end there is to be none again. */
export const DEV_NEW = `${DEV_ANNOTATION}.new`

export interface KnownRevision {
  readonly revision: number
  readonly dev?: boolean
}

/** The gateway does not do that in place, and an image does. */
export class NotInPlace extends CliError {}

/** Requests about one function that somebody works on. */
export class DevClient {
  readonly #gateway: GatewayClient
  readonly #name: string
  readonly #namespace: string

  constructor(
    gateway: GatewayClient,
    { name, namespace }: { readonly name: string; readonly namespace: string },
  ) {
    this.#gateway = gateway
    this.#name = name
    this.#namespace = namespace
  }

  get url(): string {
    const place = this.#namespace === '' ? this.#name : `${this.#name}.${this.#namespace}`
    return `${this.#gateway.address.url}/function/${place}`
  }

  /** Null: there is none. */
  async get(): Promise<ListedFunction | null> {
    const answer = await this.#gateway.send({ method: 'GET', path: this.#path('') })
    const text = await answer.text()
    if (answer.status === 404) return null
    if (answer.status !== 200) throw this.#gateway.refusal(answer.status, text)
    return JSON.parse(text) as ListedFunction
  }

  /** Answers the replica that was changed. Throws `NotInPlace` where an image has to be built. */
  async sync(archive: Uint8Array): Promise<string> {
    const answer = await this.#gateway.send({ method: 'POST', path: this.#path('/sync'), body: archive })
    const text = await answer.text()
    if ([404, 405, 409, 413].includes(answer.status)) throw new NotInPlace(text.trim())
    if (answer.status !== 200) throw this.#gateway.refusal(answer.status, text)
    return (JSON.parse(text) as { readonly replica: string }).replica
  }

  /** Newest first. */
  revisions(): Promise<readonly KnownRevision[]> {
    return this.#gateway.json({ method: 'GET', path: this.#path('/revisions') })
  }

  async rollback(revision: number): Promise<void> {
    await this.#change('POST', this.#path('/rollback'), { revision })
  }

  async scale(replicas: number): Promise<void> {
    const path = `/system/scale-function/${encodeURIComponent(this.#name)}${this.#query}`
    await this.#change('POST', path, { serviceName: this.#name, replicas })
  }

  async remove(): Promise<void> {
    const namespace = this.#namespace === '' ? {} : { namespace: this.#namespace }
    await this.#change('DELETE', '/system/functions', { functionName: this.#name, ...namespace })
  }

  get #query(): string {
    return queryOf({ namespace: this.#namespace })
  }

  #path(below: string): string {
    return `/system/function/${encodeURIComponent(this.#name)}${below}${this.#query}`
  }

  async #change(method: string, path: string, value: object): Promise<void> {
    const headers = { 'Content-Type': 'application/json' }
    const answer = await this.#gateway.send({ method, path, headers, body: JSON.stringify(value) })
    const text = await answer.text()
    if (answer.status !== 200 && answer.status !== 202) throw this.#gateway.refusal(answer.status, text)
  }
}
