import { randomBytes } from 'node:crypto'
import { mkdir, readFile, readdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeBeside } from '../../whole-file.ts'

/** Where the things of our nats-server lie, all inside one folder for this user alone. */
export interface ServerFolder {
  /** The folder itself, without links: command lines and proofs name it. */
  readonly path: string
  readonly configPath: string
  readonly storeDir: string
  readonly portsDir: string
  readonly password: string
}

const PASSWORD_BYTES = 24

/**
 * Makes what is missing. The password is made once for a folder: an operator can look into the queue with it
 * while the daemon runs.
 */
export async function openServerFolder(wanted: string): Promise<ServerFolder> {
  await mkdir(wanted, { recursive: true, mode: 0o700 })
  const path = await realpath(wanted)
  const storeDir = join(path, 'store')
  const portsDir = join(path, 'ports')
  for (const folder of [storeDir, portsDir]) await mkdir(folder, { recursive: true, mode: 0o700 })
  const password = await keptPassword(join(path, 'password'))
  return { path, configPath: join(path, 'nats.conf'), storeDir, portsDir, password }
}

/**
 * Replaces the configuration in one step, so that a crash leaves the old one or the new one. One that is the same
 * is left as it is: a full disk takes none.
 */
export async function writeConfig(folder: ServerFolder, text: string): Promise<void> {
  if ((await readFile(folder.configPath, 'utf8').catch(() => '')) === text) return
  await writePrivate(folder.configPath, text)
}

/** Removes what servers before said of their ports: one of them may have had the process id of the next. */
export async function forgetPorts(folder: ServerFolder): Promise<void> {
  for (const name of await readdir(folder.portsDir)) await rm(join(folder.portsDir, name), { force: true })
}

async function keptPassword(path: string): Promise<string> {
  const known = await readFile(path, 'utf8').catch(() => '')
  if (known.trim() !== '') return known.trim()
  const password = randomBytes(PASSWORD_BYTES).toString('base64url')
  await writePrivate(path, `${password}\n`)
  return password
}

async function writePrivate(path: string, text: string): Promise<void> {
  await writeBeside(path, text, { path: `${path}.new`, mode: 0o600 })
}
