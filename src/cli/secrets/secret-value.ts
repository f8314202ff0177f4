import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import { readStdin } from '../input/read-stdin.ts'
import type { Session } from '../session.ts'

/** How a value is given: one of these, else standard input. */
export interface ValueFlags {
  readonly 'from-literal': string
  readonly 'from-file': string
  readonly trim: boolean
}

/** A value as requests bring it. */
export interface SecretValue {
  readonly value: string
  /** Base64 of the bytes, for what comes from a file: servers take it when it is there. */
  readonly rawValue?: string
}

/**
 * The value that the flags and standard input give (cli.md 3.13). A file is sent as it is, and trimmed only when
 * `--trim` is on the command line: a key file may end with a line, and binary content has no blanks to lose.
 */
export async function valueFrom(
  session: Session,
  flags: ValueFlags,
  isGiven: (name: 'trim' | 'from-literal') => boolean,
): Promise<SecretValue> {
  const { 'from-literal': literal, 'from-file': file, trim } = flags
  if (literal !== '' && file !== '')
    throw new CliError('--from-literal and --from-file are mutually exclusive', { hint: 'Give one of them.' })
  if (file !== '')
    return fileValue(await bytesOf(session, file), { trim, trimsBytes: trim && isGiven('trim') })
  // A literal that is given and empty is no reason to wait for input.
  const text = isGiven('from-literal') ? literal : (await readStdin(session)).toString('utf8')
  return checked({ value: trim ? text.trim() : text })
}

/** Of a file: the text that faas-cli sends, and the bytes. */
export function fileValue(
  bytes: Uint8Array,
  { trim, trimsBytes }: { readonly trim: boolean; readonly trimsBytes: boolean },
): SecretValue {
  const text = Buffer.from(bytes).toString('utf8')
  const raw = trimsBytes ? Buffer.from(text.trim()) : Buffer.from(bytes)
  return checked({ value: trim ? text.trim() : text, rawValue: raw.toString('base64') })
}

function checked(value: SecretValue): SecretValue {
  if (value.value === '' && (value.rawValue ?? '') === '')
    throw new CliError('must provide a non-empty secret via --from-literal, --from-file or STDIN')
  return value
}

async function bytesOf({ cwd }: Session, file: string): Promise<Uint8Array> {
  const path = resolve(cwd, file)
  return readFile(path).catch((error: unknown) => {
    throw new CliError(`unable to read secret file: ${path}: ${(error as Error).message}`, { cause: error })
  })
}
