import { goKeyOrder } from '../output/go-key-order.ts'
import { goYaml } from '../output/go-yaml.ts'
import type { ResourceTexts } from '../stack/stack-file.ts'

type Texts = Readonly<Record<string, string>>

/** A function as a document for Kubernetes shows it. */
export interface DocumentedFunction {
  readonly name: string
  readonly image: string
  readonly environment: Texts
  readonly labels: Texts
  readonly annotations: Texts
  readonly limits: ResourceTexts
  readonly requests: ResourceTexts
  /** Null: nothing is said. */
  readonly constraints: readonly string[] | null
  readonly secrets: readonly string[]
  readonly readOnlyRootFilesystem: boolean
}

/** In which words, and for which namespace. */
export interface DocumentKind {
  readonly api: string
  readonly namespace: string
}

export const KNATIVE = 'serving.knative.dev/v1'

/** One document, with the line that begins it, byte by byte as faas-cli writes it (cli.md 3.16). */
export function documentOf(fn: DocumentedFunction, { api, namespace }: DocumentKind): string {
  const metadata = { name: fn.name, ...(namespace !== '' && { namespace }) }
  const value =
    api === KNATIVE
      ? {
          apiVersion: api,
          kind: 'Service',
          metadata: { ...metadata, ...filled('annotations', fn.annotations) },
          spec: { template: { spec: podOf(fn) } },
        }
      : { apiVersion: api, kind: 'Function', metadata, spec: specOf(fn) }
  return `---\n${goYaml(value)}`
}

function specOf(fn: DocumentedFunction): object {
  return {
    name: fn.name,
    image: fn.image,
    ...filled('environment', fn.environment),
    ...filled('labels', fn.labels),
    ...filled('annotations', fn.annotations),
    ...resources('limits', fn.limits),
    ...resources('requests', fn.requests),
    ...(fn.constraints !== null && { constraints: fn.constraints }),
    ...(fn.secrets.length > 0 && { secrets: fn.secrets }),
    ...(fn.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
  }
}

function podOf({ image, environment, secrets }: DocumentedFunction): object {
  const env = Object.entries(environment)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }))
  const volumeMounts = secrets.map((name) => ({
    name,
    mountPath: `/var/openfaas/secrets/${name}`,
    readOnly: true,
  }))
  const volumes = secrets.map((name) => ({ name, secret: { secretName: name } }))
  return {
    containers: [{ image, ...(env.length > 0 && { env }), ...(volumeMounts.length > 0 && { volumeMounts }) }],
    ...(volumes.length > 0 && { volumes }),
  }
}

function filled(key: string, texts: Texts): object {
  if (Object.keys(texts).length === 0) return {}
  return { [key]: Object.fromEntries(Object.entries(texts).toSorted(([a], [b]) => goKeyOrder(a, b))) }
}

function resources(key: string, { memory, cpu }: ResourceTexts): object {
  if (memory === '' && cpu === '') return {}
  return { [key]: { ...(memory !== '' && { memory }), ...(cpu !== '' && { cpu }) } }
}
