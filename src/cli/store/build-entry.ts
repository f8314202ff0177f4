// Functions of the store that come as source: their image is made by the Docker engine of this machine.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'
import { shippedTemplate } from '../templates/shipped.ts'
import { takesWatchdog, WATCHDOG_FILE, watchdogFile } from '../templates/watchdog-file.ts'

const PACKAGE = fileURLToPath(new URL('../../../../', import.meta.url))

/** Platforms of the store in the words of Docker. */
const DOCKER_PLATFORMS: Readonly<Record<string, string>> = { x86_64: 'amd64', arm64: 'arm64', armhf: 'arm' }

export interface BuildEntry {
  readonly lang: string
  readonly handler: string
  readonly image: string
  readonly platform: string
  /** `K=V`. */
  readonly buildArgs: readonly string[]
}

/** Makes the image. What Docker says goes to standard error, so that standard output is as for any other function. */
export async function buildEntry(
  session: Session,
  { lang, handler, image, platform, buildArgs }: BuildEntry,
): Promise<void> {
  const template = shippedTemplate(lang)
  if (template === null || !existsSync(join(PACKAGE, handler)))
    throw new CliError(`the source of ${image} is not in this installation: ${handler}`)
  const context = await mkdtemp(join(tmpdir(), 'sampan-store-'))
  try {
    await cp(template, context, { recursive: true })
    await cp(join(PACKAGE, handler), join(context, 'function'), { recursive: true })
    if (takesWatchdog(await readFile(join(context, 'Dockerfile'), 'utf8')))
      await copyFile(
        await watchdogFile(DOCKER_PLATFORMS[platform.toLowerCase()] ?? platform),
        join(context, WATCHDOG_FILE),
      )
    note(session, `Building ${image} from ${handler} with the template ${lang}.`)
    await docker(session, [
      'build',
      '--tag',
      image,
      ...buildArgs.flatMap((arg) => ['--build-arg', arg]),
      context,
    ])
  } finally {
    await rm(context, { recursive: true, force: true })
  }
}

async function docker(session: Session, words: readonly string[]): Promise<void> {
  const child = spawn('docker', words, {
    env: { ...session.env },
    signal: session.signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said.push(text)
      session.stderr.write(text)
    })
  await new Promise<void>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new CliError('the docker command is needed to build this function', {
          cause,
          hint: 'Functions with an image to pull do not need it. See: sampan doctor',
        }),
      ),
    )
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new CliError(`docker build ended with status ${code}`, { hint: hintOf(said.join('')) }))
    })
  })
}

function hintOf(said: string): string {
  return /pull access denied|manifest unknown|failed to resolve|no such host|dial tcp|i\/o timeout|connection refused/i.test(
    said,
  )
    ? 'Its base image is not here and cannot be pulled. Name another: --build-arg BASE_IMAGE=…'
    : 'What Docker said is above.'
}
