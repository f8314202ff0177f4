import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts'
import { CliError } from '../cli-error.ts'
import { queryOf } from '../gateway/query.ts'
import { goJson } from '../output/go-json.ts'
import type { SecretValue } from './secret-value.ts'

export interface ListedSecret {
  readonly name: string
  readonly namespace?: string
}

const PATH = '/system/secrets'

/** `/system/secrets` of one namespace; empty: the gateway's usual one. */
export class SecretClient {
  readonly #gateway: GatewayClient
  readonly #namespace: string

  constructor(gateway: GatewayClient, namespace: string) {
    this.#gateway = gateway
    this.#namespace = namespace
  }

  async list(): Promise<readonly ListedSecret[]> {
    const found = await this.#gateway.json<readonly ListedSecret[] | null>(
      { method: 'GET', path: `${PATH}${queryOf({ namespace: this.#namespace })}` },
      [200, 202],
    )
    return found ?? []
  }

  /** The status line. Null: there is one with this name. */
  async create(name: string, value: SecretValue): Promise<string | null> {
    const answer = await this.#send('POST', name, value)
    if (answer.status === 409) {
      await answer.text()
      return null
    }
    return this.#accepted(answer, [200, 201, 202])
  }

  /** The status line. */
  async update(name: string, value: SecretValue): Promise<string> {
    const answer = await this.#send('PUT', name, value)
    if (answer.status === 404) throw unknownSecret(name)
    return this.#accepted(answer, [200, 202])
  }

  async remove(name: string): Promise<void> {
    const answer = await this.#send('DELETE', name)
    if (answer.status === 404) throw unknownSecret(name)
    await this.#accepted(answer, [200, 202])
  }

  async #send(method: string, name: string, value?: SecretValue): Promise<GatewayAnswer> {
    const namespace = this.#namespace === '' ? {} : { namespace: this.#namespace }
    return this.#gateway.send({
      method,
      path: PATH,
      headers: { 'Content-Type': 'application/json' },
      body: goJson({ name, ...namespace, ...value }, 0),
    })
  }

  async #accepted(answer: GatewayAnswer, expected: readonly number[]): Promise<string> {
    const text = await answer.text()
    if (!expected.includes(answer.status)) throw this.#gateway.refusal(answer.status, text)
    return answer.statusLine
  }
}

function unknownSecret(name: string): CliError {
  return new CliError(`unable to find secret: ${name}`, { hint: 'See: sampan secret list' })
}
