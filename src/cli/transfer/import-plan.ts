import type { DeploymentBody } from '../deploy/deployment-body.ts'
import { attributesOf } from '../deploy/differences.ts'
import type { ListedFunction } from '../functions/functions-client.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { queryOf } from '../gateway/query.ts'
import { asDeployed } from './as-deployed.ts'

/** What is to be done with a function. */
export interface ImportedFunction {
  readonly body: DeploymentBody
  readonly action: 'create' | 'update' | 'keep'
  /** Fields that an update changes. */
  readonly changes: readonly string[]
}

export interface ImportPlan {
  /** To be made first. */
  readonly namespaces: readonly string[]
  readonly functions: readonly ImportedFunction[]
  /** Secrets that are named and not there. */
  readonly missing: readonly {
    readonly secret: string
    readonly namespace: string
    readonly of: readonly string[]
  }[]
}

type Named = { readonly name: string }

/** An answer by which a gateway says that it knows no such route. */
const UNKNOWN_ROUTE: readonly number[] = [404, 405, 501]

/** Looks at a gateway and changes nothing. What a gateway cannot tell is taken for there. */
export async function importPlan(
  gateway: GatewayClient,
  bodies: readonly DeploymentBody[],
): Promise<ImportPlan> {
  const known = await asked<readonly string[]>(gateway, '/system/namespaces')
  const wanted = [...new Set(bodies.map(({ namespace = '' }) => namespace))]
  const namespaces =
    known === null ? [] : wanted.filter((name) => name !== '' && !known.includes(name)).toSorted()
  const functions: ImportedFunction[] = []
  const missing: ImportPlan['missing'][number][] = []
  for (const namespace of wanted) {
    const here = bodies.filter((body) => (body.namespace ?? '') === namespace)
    const isNew = namespaces.includes(namespace)
    const query = queryOf({ namespace })
    const listed = isNew ? [] : await asked<readonly ListedFunction[]>(gateway, `/system/functions${query}`)
    functions.push(...here.map((body) => planned(body, listed ?? [])))
    const named = new Set(here.flatMap(({ secrets = [] }) => secrets))
    if (named.size === 0) continue
    const secrets = isNew ? [] : await asked<readonly Named[]>(gateway, `/system/secrets${query}`)
    for (const secret of secrets === null ? [] : named)
      if (!secrets?.some(({ name }) => name === secret))
        missing.push({ secret, namespace, of: here.filter(uses(secret)).map(({ service }) => service) })
  }
  return { namespaces, functions, missing }
}

/** Null: the gateway does not know what is asked. */
async function asked<T>(gateway: GatewayClient, path: string): Promise<T | null> {
  const answer = await gateway.send({ method: 'GET', path })
  const text = await answer.text()
  if (UNKNOWN_ROUTE.includes(answer.status)) return null
  if (answer.status !== 200) throw gateway.refusal(answer.status, text)
  return gateway.parsed<T>(path, text)
}

function uses(secret: string): (body: DeploymentBody) => boolean {
  return ({ secrets = [] }) => secrets.includes(secret)
}

function planned(body: DeploymentBody, listed: readonly ListedFunction[]): ImportedFunction {
  const found = listed.find(({ name }) => name === body.service)
  if (found === undefined) return { body, action: 'create', changes: [] }
  const [here, there] = [attributesOf(body), attributesOf(asDeployed(found))]
  const fields = [...new Set([...here.keys(), ...there.keys()])].toSorted()
  const changes = fields.filter((field) => here.get(field) !== there.get(field))
  return { body, action: changes.length === 0 ? 'keep' : 'update', changes }
}
