import { execFile } from 'node:child_process'

/** Standard output of a program; null where there is no such program, it fails, or `signal` aborts. */
export function outputOf(
  [file = '', ...words]: readonly string[],
  signal: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(file, words, { signal }, (error, stdout) => resolve(error === null ? stdout : null))
  })
}
