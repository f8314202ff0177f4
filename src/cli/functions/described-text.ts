import { isDev } from '../../core/functions/dev-mode.ts'
import type { ListedFunction, Resources } from './functions-client.ts'

export interface Described extends ListedFunction {
  readonly status: string
  readonly url: string
  readonly asyncUrl: string
}

/** A label, which neighbouring lines align, and what follows it; or a line that stands alone. */
type Line = string | readonly [label: string, text: string]

const NONE = ' <none>'

/** Ours. */
const DEV_MODE = 'dev: changed by sampan dev, so what runs need not be what the image has'

/**
 * A function as faas-cli shows it, to the letter (cli.md 3.9): labels of lines that follow each other are as wide as the widest of
 * them, lists and maps stand below their label, and what is empty is shown only when `isVerbose`. Keys are sorted.
 */
export function describedText(fn: Described, isVerbose: boolean): string {
  const values: readonly (readonly [string, string])[] = [
    ['Name', fn.name],
    ['Status', fn.status],
    ...(isDev(fn.annotations ?? {}) ? [['Mode', DEV_MODE] as const] : []),
    ['Replicas', String(fn.replicas ?? 0)],
    ['Available Replicas', String(fn.availableReplicas ?? 0)],
    ['Invocations', String(fn.invocationCount ?? 0)],
    ['Image', fn.image],
    ['Function Process', fn.envProcess || '<default>'],
    ['URL', fn.url],
    ['Async URL', fn.asyncUrl],
  ]
  const blocks: readonly (readonly [string, readonly Line[] | null])[] = [
    ['Labels', below(pairs(fn.labels ?? {}))],
    ['Annotations', below(pairs(fn.annotations ?? {}))],
    ['Constraints', below((fn.constraints ?? []).map((text) => `- ${text}`))],
    ['Environment', below(pairs(fn.envVars ?? {}))],
    ['Secrets', below((fn.secrets ?? []).map((text) => `- ${text}`))],
    ['Requests', resources('Requests', fn.requests)],
    ['Limits', resources('Limits', fn.limits)],
    ['Usage', usage(fn)],
  ]
  return aligned([
    ...values.map(([label, text]): Line => [`${label}:`, text]),
    ...blocks.flatMap(([label, lines]): readonly Line[] => {
      if (lines === null) return isVerbose ? [[`${label}:`, NONE]] : []
      return label === 'Requests' || label === 'Limits' ? lines : [`${label}:`, ...lines]
    }),
  ])
}

/** Null for none. */
function below(texts: readonly string[]): readonly Line[] | null {
  return texts.length === 0 ? null : texts.map((text): Line => ['', ` ${text}`])
}

function pairs(map: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(map)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${value}`)
}

/** Both lines, also of what is not said. */
function resources(label: string, given: Resources | undefined): readonly Line[] | null {
  if (given === undefined) return null
  const { cpu = '', memory = '' } = given
  return [
    [`${label}:`, ` CPU: ${cpu}`],
    ['', ` Memory: ${memory}`],
  ]
}

function usage({ usage: given }: ListedFunction): readonly Line[] | null {
  if (given === undefined) return null
  const { cpu = 0, totalMemoryBytes = 0 } = given
  return [
    ['  RAM:', ` ${(totalMemoryBytes / 1_048_576).toFixed(2)} MB`],
    ['  CPU:', ` ${(cpu < 0 ? 1 : cpu).toFixed(0)} Mi`],
  ]
}

/** As Go's tabwriter does it: a column ends with the first line that has none, and an empty first cell has no width. */
function aligned(lines: readonly Line[]): string {
  const shown: string[] = []
  let from = 0
  while (from < lines.length) {
    const line = lines[from] ?? ''
    if (typeof line === 'string') {
      shown.push(line)
      from += 1
      continue
    }
    const end = lines.findIndex((one, at) => at >= from && typeof one === 'string')
    const run = lines.slice(from, end < 0 ? undefined : end) as readonly (readonly [string, string])[]
    const width = Math.max(...run.map(([label]) => label.length)) + 1
    for (const [label, text] of run) shown.push(`${label === '' ? '' : label.padEnd(width)}${text}`)
    from += run.length
  }
  return shown.join('\n')
}
