type Texts = Readonly<Record<string, string>>

/** What is compared of a function, in the words of the API. */
export interface Comparable {
  readonly image: string
  readonly envProcess?: string
  readonly envVars?: Texts | null
  readonly secrets?: readonly string[] | null
  readonly constraints?: readonly string[] | null
  readonly labels?: Texts | null
  readonly annotations?: Texts | null
  readonly limits?: Resources | null
  readonly requests?: Resources | null
  readonly readOnlyRootFilesystem?: boolean
}

interface Resources {
  readonly memory?: string
  readonly cpu?: string
}

export interface Difference {
  readonly field: string
  /** In the stack file; missing: it says nothing. */
  readonly here?: string
  /** Deployed. */
  readonly there?: string
}

/** Whose variables count: those of the stack file, those deployed, or all. */
export type EnvSide = 'local' | 'remote' | 'all'

/** A function as flat names and texts (cli.md 3.18). */
export function attributesOf(fn: Comparable): ReadonlyMap<string, string> {
  const { image, envProcess = '', readOnlyRootFilesystem = false } = fn
  const all: (readonly [string, string])[] = [
    ['readonly_root_filesystem', String(readOnlyRootFilesystem)],
    ...(image === '' ? [] : [['image', image] as const]),
    ...(envProcess === '' ? [] : [['fprocess', envProcess] as const]),
    ...under('env', fn.envVars),
    ...(fn.secrets ?? []).map((name) => [`secret.${name}`, 'present'] as const),
    ...(fn.constraints ?? []).map((text) => [`constraint.${text}`, 'present'] as const),
    ...under('label', fn.labels),
    ...under('annotation', fn.annotations),
    ...under('limits', filled(fn.limits)),
    ...under('requests', filled(fn.requests)),
  ]
  return new Map(all)
}

/** By the names of the fields. */
export function differences(
  here: ReadonlyMap<string, string>,
  there: ReadonlyMap<string, string>,
  side: EnvSide,
): readonly Difference[] {
  const fields = [...new Set([...here.keys(), ...there.keys()])].toSorted()
  return fields
    .filter((field) => here.get(field) !== there.get(field) && !isPassedOver(field, { here, there, side }))
    .map((field) => {
      const [left, right] = [here.get(field), there.get(field)]
      return {
        field,
        ...(left !== undefined && { here: left }),
        ...(right !== undefined && { there: right }),
      }
    })
}

function isPassedOver(
  field: string,
  {
    here,
    there,
    side,
  }: {
    readonly here: ReadonlyMap<string, string>
    readonly there: ReadonlyMap<string, string>
    readonly side: EnvSide
  },
): boolean {
  // Of the template, which is not looked at.
  if (field === 'fprocess') return !here.has(field)
  if (!field.startsWith('env.')) return false
  return (side === 'local' && !here.has(field)) || (side === 'remote' && !there.has(field))
}

function under(start: string, texts: Texts | null | undefined): readonly (readonly [string, string])[] {
  return Object.entries(texts ?? {}).map(([key, value]) => [`${start}.${key}`, value] as const)
}

function filled(resources: Resources | null | undefined): Texts {
  return Object.fromEntries(
    Object.entries(resources ?? {}).filter((entry): entry is [string, string] => (entry[1] ?? '') !== ''),
  )
}
