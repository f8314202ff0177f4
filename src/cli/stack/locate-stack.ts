import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { download } from '../cache/download.ts'
import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'

/** In this order (cli.md 1.3). */
export const DEFAULT_STACK_FILES = ['stack.yaml', 'stack.yml'] as const

/** A stack file, as the user would name it. */
export interface StackPlace {
  readonly path: string
  /** It is there, and nobody named it. */
  readonly isDefault: boolean
}

const FETCH_TIMEOUT_MS = 120_000

/** The stack file of `--yaml`, else the usual one of this folder; null without either. */
export function locateStack(session: Session, yaml: string): StackPlace | null {
  if (yaml !== '') return { path: yaml, isDefault: false }
  const path = DEFAULT_STACK_FILES.find((name) => existsSync(resolve(session.cwd, name)))
  return path === undefined ? null : { path, isDefault: true }
}

export function isStackUrl(path: string): boolean {
  return /^https?:\/\//i.test(path)
}

/** Throws `CliError` where it cannot be had. */
export async function readStackText(session: Session, path: string): Promise<string> {
  if (isStackUrl(path)) {
    note(session, `Parsed: ${path}`)
    return await download(session, path, FETCH_TIMEOUT_MS).catch((cause: unknown) => {
      throw new CliError(`stack file ${path} cannot be fetched: ${messageOf(cause)}`, { cause })
    })
  }
  try {
    return await readFile(resolve(session.cwd, path), 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new CliError(
      `stack file ${path} cannot be read: ${isMissing ? 'no such file' : (error as Error).message}`,
      {
        cause: error,
        hint: isMissing ? 'Make one with: sampan new NAME --lang node   or name another with -f' : '',
      },
    )
  }
}
