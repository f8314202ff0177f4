import type { ResourceTexts } from '../stack/stack-file.ts'

type Texts = Readonly<Record<string, string>>

/** What the API gets for a function, in the order in which faas-cli sends it (cli.md 3.6). */
export interface DeploymentBody {
  readonly service: string
  readonly image: string
  readonly namespace?: string
  readonly envProcess?: string
  readonly envVars?: Texts
  readonly constraints?: readonly string[]
  readonly secrets?: readonly string[]
  readonly labels: Texts
  readonly annotations: Texts
  readonly limits?: Partial<ResourceTexts>
  readonly requests?: Partial<ResourceTexts>
  readonly readOnlyRootFilesystem?: boolean
}

/** The same with everything in it, and be it empty. */
export interface WantedFunction {
  readonly name: string
  readonly image: string
  /** Empty: the default one. */
  readonly namespace: string
  /** Empty: the image says. */
  readonly process: string
  readonly environment: Texts
  readonly constraints: readonly string[]
  readonly secrets: readonly string[]
  readonly labels: Texts
  readonly annotations: Texts
  readonly limits: ResourceTexts
  readonly requests: ResourceTexts
  readonly readOnlyRootFilesystem: boolean
}

/** Without what is empty; labels and annotations are always there, and the keys of maps are sorted, as Go does. */
export function deploymentBody(wanted: WantedFunction): DeploymentBody {
  const { namespace, process, constraints } = wanted
  const environment = sorted(wanted.environment)
  const secrets = [...new Set(wanted.secrets)]
  const limits = resources(wanted.limits)
  const requests = resources(wanted.requests)
  return {
    service: wanted.name,
    image: wanted.image,
    ...(namespace !== '' && { namespace }),
    ...(process !== '' && { envProcess: process }),
    ...(Object.keys(environment).length > 0 && { envVars: environment }),
    ...(constraints.length > 0 && { constraints }),
    ...(secrets.length > 0 && { secrets }),
    labels: sorted(wanted.labels),
    annotations: sorted(wanted.annotations),
    ...(limits !== null && { limits }),
    ...(requests !== null && { requests }),
    ...(wanted.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
  }
}

function sorted(texts: Texts): Texts {
  return Object.fromEntries(Object.entries(texts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function resources({ memory, cpu }: ResourceTexts): Partial<ResourceTexts> | null {
  if (memory === '' && cpu === '') return null
  return { ...(memory !== '' && { memory }), ...(cpu !== '' && { cpu }) }
}
