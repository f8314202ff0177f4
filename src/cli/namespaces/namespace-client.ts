import { CliError } from '../cli-error.ts'
import type { GatewayFlags } from '../gateway/connect.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { connectProject } from '../gateway/project.ts'
import { goJson } from '../output/go-json.ts'
import type { Session } from '../session.ts'

export interface ListedNamespace {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** By which servers of OpenFaaS know a namespace that is theirs (cli.md 3.20). */
const OURS = { openfaas: '1' }

/** Requests about namespaces, with the paths and bodies of faas-cli. */
export class NamespaceClient {
  readonly #gateway: GatewayClient

  constructor(gateway: GatewayClient) {
    this.#gateway = gateway
  }

  static async connect(
    session: Session,
    asked: { readonly flags: GatewayFlags; readonly isGiven: (name: 'gateway') => boolean },
  ): Promise<NamespaceClient> {
    return new NamespaceClient((await connectProject(session, asked)).gateway)
  }

  async list(): Promise<readonly string[]> {
    const answer = await this.#gateway.send({ method: 'GET', path: '/system/namespaces' })
    const text = await answer.text()
    if (answer.status < 200 || answer.status > 299) throw this.#gateway.refusal(answer.status, text)
    if (text.trim() === '') return []
    const names: unknown = readJson(text)
    if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
    throw new CliError(
      `the answer of ${this.#gateway.address.url} is no list of namespaces: ${text.slice(0, 200)}`,
    )
  }

  async get(name: string): Promise<ListedNamespace> {
    const found = readJson(await this.#ask('GET', name)) as ListedNamespace | null
    if (typeof found === 'object' && found !== null) return found
    throw new CliError(`the answer of ${this.#gateway.address.url} is no namespace`)
  }

  /** `what`: labels and annotations, which get the mark of OpenFaaS. */
  async create(what: Required<ListedNamespace>): Promise<void> {
    await this.#ask('POST', '', goJson(marked(what), 0), what.name)
  }

  async update(what: Required<ListedNamespace>): Promise<void> {
    await this.#ask('PUT', what.name, goJson(marked(what), 0))
  }

  async remove(name: string): Promise<void> {
    await this.#ask('DELETE', name, goJson({ name, labels: OURS }, 0))
  }

  async #ask(
    method: string,
    pathName: string,
    ...[body, about = pathName]: readonly string[]
  ): Promise<string> {
    const answer = await this.#gateway.send({
      method,
      path: `/system/namespace/${encodeURIComponent(pathName)}`,
      ...(body !== undefined && { body, headers: { 'Content-Type': 'application/json' } }),
    })
    const text = await answer.text()
    if ([200, 201, 202].includes(answer.status)) return text
    if (answer.status === 404)
      throw new CliError(`namespace ${about} not found`, { hint: 'See: sampan namespace list' })
    throw this.#gateway.refusal(answer.status, text)
  }
}

/** `NAME=TEXT` of flags; the last one of a name wins. Throws `CliError`. */
export function mapIn(texts: readonly string[], flag: string): Readonly<Record<string, string>> {
  const pairs = texts.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new CliError(`--${flag} ${text} is not NAME=TEXT`)
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  return Object.fromEntries(pairs)
}

/** In the order of the fields and keys that Go writes. */
function marked({ name, annotations, labels }: Required<ListedNamespace>): ListedNamespace {
  return { name, annotations: sorted({ ...OURS, ...annotations }), labels: sorted({ ...OURS, ...labels }) }
}

function sorted(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
