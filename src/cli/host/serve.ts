import { usageError } from '../cli-error.ts'

/** `sampan serve` itself is run by `main.ts`, before anything of the command line is loaded. Here it was written otherwise. */
export function run(): Promise<number> {
  return Promise.reject(
    usageError(
      'serve is the first word, and takes no flags',
      'Usage: sampan serve   Its settings are environment variables: docs/config.md',
    ),
  )
}
