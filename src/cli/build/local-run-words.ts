import { parseNanoCpus, parseMemoryBytes } from '../../core/functions/resources.ts'
import { CliError } from '../cli-error.ts'
import type { StackFunction } from '../stack/stack-file.ts'

/** Docker takes no less. */
const LEAST_MEMORY = 6 * 2 ** 20

export interface LocalRun {
  readonly fn: StackFunction
  readonly image: string
  readonly port: number
  readonly network: string
  readonly env: Readonly<Record<string, string>>
  readonly fprocess: string
  /** Absolute path of `.secrets`. */
  readonly secretsFolder: string
}

/** Words of `docker run` (cli.md 10.1), and what was changed. Throws `CliError` for limits that cannot be read. */
export function localRunWords(run: LocalRun): {
  readonly words: readonly string[]
  readonly remarks: readonly string[]
} {
  const { fn, image, port, network, env, fprocess, secretsFolder } = run
  const remarks: string[] = []
  const { memory, cpu } = fn.limits
  const words = ['run', '--name', fn.name, '--rm', '-i', `-p=${port}:8080`]
  if (network !== '') words.push(`--network=${network}`)
  for (const [key, value] of Object.entries(env)) words.push(`-e=${key}=${value}`)
  if (fn.readOnlyRootFilesystem) words.push('--read-only')
  if (memory !== '') {
    const bytes = readLimit('memory', memory, parseMemoryBytes)
    if (bytes < LEAST_MEMORY) remarks.push(`${memory} of memory is less than Docker takes: it gets 6Mi`)
    words.push(`--memory-reservation=${Math.max(LEAST_MEMORY, Math.floor(bytes))}`)
  }
  if (cpu !== '') words.push(`--cpus=${readLimit('cpu', cpu, parseNanoCpus) / 1e9}`)
  if (fn.secrets.length > 0) words.push(`--volume=${secretsFolder}:/var/openfaas/secrets`)
  if (fprocess !== '') words.push(`-e=fprocess=${fprocess}`)
  return { words: [...words, image], remarks }
}

function readLimit(field: string, text: string, read: (field: string, text: string) => number): number {
  try {
    return read(`limits.${field}`, text)
  } catch (error) {
    throw new CliError((error as Error).message, { cause: error })
  }
}
