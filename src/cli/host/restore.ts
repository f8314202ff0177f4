import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { environmentIn } from '../../core/environment-file.ts'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { engineImages } from '../doctor/docker-command.ts'
import { envOf, note, say, type Session } from '../session.ts'
import type { RESTORE_FLAGS } from '../table/host.ts'

/** The settings of the service (`systemd/sampan.service`). */
const SERVICE_SETTINGS = '/etc/sampan/sampan.env'
const USUAL_DATA_DIR = '/var/lib/sampan'

/** `sampan restore FILE`, or `-` for standard input: puts a backup into the data folder of a daemon that does not run. */
export async function run({
  args: [path = '-'],
  flags,
  session,
}: Invocation<typeof RESTORE_FLAGS>): Promise<void> {
  const dataDir =
    flags['data-dir'] === '' ? await dataDirOf(session) : resolve(session.cwd, flags['data-dir'])
  // SQLite, which no other command needs.
  const { restore, RestoreError } = await import('../../backup/restore.ts')
  try {
    const { manifest, before } = await restore({
      archive: path === '-' ? session.stdin : createReadStream(resolve(session.cwd, path)),
      dataDir,
      replaces: flags.replace,
      nowMs: session.clock.wall(),
    })
    say(session, `Restored into ${dataDir}: the state of ${manifest.host} at ${manifest.createdAt}.`)
    if (before !== null) say(session, `What was there before is in ${before}: remove it when all is well.`)
    if (!manifest.hasSecrets)
      note(
        session,
        'The backup has no secrets: make them again (sampan secret create), and take the new password from basic-auth-password.',
      )
    await tellImages(session, manifest.images)
    say(session, 'Now start the daemon: sudo systemctl start sampan')
  } catch (error) {
    if (error instanceof RestoreError) throw new CliError(error.message, { cause: error })
    throw error
  }
}

async function dataDirOf(session: Session): Promise<string> {
  const own = envOf(session, 'SAMPAN_DATA_DIR')
  if (own !== '') return own
  const kept = environmentIn(await readFile(SERVICE_SETTINGS, 'utf8').catch(() => ''))
  return kept['SAMPAN_DATA_DIR'] ?? USUAL_DATA_DIR
}

/** Functions of images that this host does not have are registered, and cannot run. */
async function tellImages(
  session: Session,
  images: readonly {
    readonly image: string
    readonly artifact: string | null
    readonly functions: readonly string[]
  }[],
): Promise<void> {
  const here = await engineImages(session)
  const needed = [...new Set(images.map(({ image }) => image))].toSorted()
  if (here === null) {
    if (needed.length > 0)
      note(
        session,
        `Its functions need these images, and the engine was not asked for them: ${needed.join(', ')}`,
      )
    return
  }
  const missing = images.filter(
    ({ image, artifact }) => !here.has(named(image)) && !(artifact !== null && here.has(artifact)),
  )
  for (const { image, functions } of missing)
    note(
      session,
      `The image ${image} of ${functions.join(', ')} is not here: it is pulled if a registry has it; else bring it: docker save ${image} | ssh HOST docker load`,
    )
}

/** As the engine lists it. */
function named(image: string): string {
  return /:[^/]*$/.test(image) || image.includes('@') ? image : `${image}:latest`
}
