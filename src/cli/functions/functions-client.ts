import { CliError } from '../cli-error.ts'
import type { GatewayFlags } from '../gateway/connect.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { connectProject } from '../gateway/project.ts'
import { queryOf } from '../gateway/query.ts'
import type { Session } from '../session.ts'
import type { StackFile } from '../stack/stack-file.ts'

/** A function as the API lists it (http-api.md 6); fields of ours are optional, so that other gateways do. */
export interface ListedFunction {
  readonly name: string
  readonly namespace?: string
  readonly image: string
  readonly envProcess?: string
  readonly envVars?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>> | null
  readonly annotations?: Readonly<Record<string, string>> | null
  readonly constraints?: readonly string[]
  readonly secrets?: readonly string[]
  readonly limits?: Resources
  readonly requests?: Resources
  readonly readOnlyRootFilesystem?: boolean
  readonly invocationCount?: number
  readonly replicas?: number
  readonly availableReplicas?: number
  readonly createdAt?: string
  readonly usage?: { readonly cpu?: number; readonly totalMemoryBytes?: number }
}

export interface Resources {
  readonly memory?: string
  readonly cpu?: string
}

/** Requests about functions, with the paths of faas-cli. */
export class FunctionsClient {
  readonly gateway: GatewayClient
  readonly stack: StackFile | null

  constructor(gateway: GatewayClient, stack: StackFile | null) {
    this.gateway = gateway
    this.stack = stack
  }

  static async connect(
    session: Session,
    asked: { readonly flags: GatewayFlags; readonly isGiven: (name: 'gateway') => boolean },
  ): Promise<FunctionsClient> {
    const { gateway, stack } = await connectProject(session, asked)
    return new FunctionsClient(gateway, stack)
  }

  /** The flag, else what the stack file says of this function. */
  namespaceOf(name: string, flag: string): string {
    return flag || (this.stack?.functions.find((one) => one.name === name)?.namespace ?? '')
  }

  /** Null where the server says so: faas-cli passes it on. */
  list(namespace: string): Promise<readonly ListedFunction[] | null> {
    return this.gateway.json({ method: 'GET', path: `/system/functions${queryOf({ namespace })}` })
  }

  /** Of every namespace. */
  async listEverywhere(): Promise<readonly ListedFunction[]> {
    const lists = await Promise.all((await this.namespaces()).map((namespace) => this.list(namespace)))
    return lists.flatMap((list) => list ?? [])
  }

  /** None where the server says null. */
  async namespaces(): Promise<readonly string[]> {
    const asked = { method: 'GET', path: '/system/namespaces' }
    return (await this.gateway.json<readonly string[] | null>(asked)) ?? []
  }

  /** Throws `CliError` for one that does not exist. */
  async get(name: string, namespace: string): Promise<ListedFunction> {
    const path = `/system/function/${encodeURIComponent(name)}${queryOf({ namespace, usage: '1' })}`
    return this.#ofOne(name, path)
  }

  /** Below a function's own path. */
  async of<T>(name: string, namespace: string, below: string): Promise<T> {
    return this.#ofOne(name, `/system/function/${encodeURIComponent(name)}${below}${queryOf({ namespace })}`)
  }

  async #ofOne<T>(name: string, path: string): Promise<T> {
    const answer = await this.gateway.send({ method: 'GET', path })
    const text = await answer.text()
    if (answer.status === 404) throw noSuchFunction(name)
    if (answer.status !== 200) throw this.gateway.refusal(answer.status, text)
    return this.gateway.parsed(path, text)
  }
}

export function noSuchFunction(name: string): CliError {
  return new CliError(`no such function: ${name}`, { hint: 'See which there are: sampan list' })
}
