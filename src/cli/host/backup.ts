import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../gateway/connect.ts'
import type { GatewayAnswer } from '../gateway/gateway-client.ts'
import { projectOf } from '../gateway/project.ts'
import { note, type Session } from '../session.ts'
import type { BACKUP_FLAGS } from '../table/host.ts'
import { writeBeside } from '../../whole-file.ts'

/** Of the daemon, from the request to the first byte: it copies everything first. */
const TIMEOUT_MS = 600_000

/** `sampan backup FILE`, or `-` for standard output. */
export async function run({
  args: [path = '-'],
  flags,
  isGiven,
  session,
}: Invocation<typeof BACKUP_FLAGS>): Promise<void> {
  if (path === '-' && session.stdout.isTTY === true)
    throw new CliError('a backup is no text for a terminal', {
      hint: 'Name a file, or send it on: sampan backup - | age -p > backup.age',
    })
  const stack = await projectOf(session, { flags, isGiven })
  const gateway = connect(session, { flags, isGiven, stack })
  const isBare = flags['without-secrets']
  const answer = await gateway.send({
    method: 'POST',
    path: `/system/backup${isBare ? '?without_secrets=1' : ''}`,
    timeoutMs: TIMEOUT_MS,
  })
  if (answer.status === 404) throw new CliError(`the gateway at ${gateway.address.url} makes no backups`)
  if (answer.status !== 200) throw gateway.refusal(answer.status, await answer.text())
  const bytes = path === '-' ? await pass(answer, session) : await write(answer, resolve(session.cwd, path))
  const what = isBare
    ? 'It has no secrets, but what functions have in their environment.'
    : 'It holds every secret and password: keep it where nobody else reads it.'
  note(session, `Saved ${(bytes / 2 ** 20).toFixed(1)} MiB${path === '-' ? '' : ` to ${path}`}. ${what}`)
}

async function pass(answer: GatewayAnswer, { stdout }: Session): Promise<number> {
  let bytes = 0
  for await (const chunk of whole(answer)) {
    bytes += chunk.length
    if (!stdout.write(chunk)) await new Promise((resume) => stdout.once('drain', resume))
  }
  return bytes
}

/** Beside it first: a backup that is there is not lost by one that fails. */
async function write(answer: GatewayAnswer, path: string): Promise<number> {
  let bytes = 0
  const counted = async function* (): AsyncIterable<Uint8Array> {
    for await (const chunk of whole(answer)) {
      bytes += chunk.length
      yield chunk
    }
  }
  await writeBeside(path, counted(), { path: `${path}.${process.pid}`, mode: 0o600 })
  return bytes
}

/** Throws when the answer ends early. */
async function* whole({ body, headers }: GatewayAnswer): AsyncIterable<Uint8Array> {
  const expected = Number(headers['content-length'])
  let bytes = 0
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length
      yield chunk
    }
  } catch (error) {
    throw broken(bytes, expected, error)
  }
  if (bytes !== expected) throw broken(bytes, expected)
}

function broken(bytes: number, expected: number, cause?: unknown): CliError {
  return new CliError(`the backup broke off after ${bytes} of ${expected} bytes: it was not kept`, {
    cause,
    hint: 'See the log of the daemon: journalctl -u sampan',
  })
}
