import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What `scripts/package.sh` made for this machine's architecture, not compressed. */
export interface ReleaseBuild {
  readonly folder: string
  /** Of the archive and of the Debian package. */
  readonly files: readonly [string, string]
  /** The unpacked archive. */
  readonly tree: string
  readonly arch: 'amd64' | 'arm64'
  readonly printed: string
}

export interface BuildOptions {
  /** As the shell has it. */
  readonly umask: string
  readonly timeZone: string
  readonly key?: string
}

/** Builds a release into `folder`, and unpacks its archive. */
export async function buildRelease(folder: string, options: BuildOptions): Promise<ReleaseBuild> {
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64'
  const words = ['--arch', arch, '--uncompressed', '--version', '9.8.7', '--out', folder]
  const { stdout } = await run(
    'sh',
    [
      '-c',
      'umask "$0" && exec "$@"',
      options.umask,
      'bash',
      'scripts/package.sh',
      ...words,
      ...(options.key === undefined ? [] : ['--key', options.key]),
    ],
    { env: { ...process.env, TZ: options.timeZone, LC_ALL: 'C.UTF-8' } },
  )
  const name = `sampan-9.8.7-linux-${arch}`
  const unpacked = join(folder, 'unpacked')
  await mkdir(unpacked)
  await run('tar', ['-C', unpacked, '-xf', join(folder, `${name}.tar`)])
  return {
    folder,
    files: [`${name}.tar`, `sampan_9.8.7_${arch}.deb`],
    tree: join(unpacked, name),
    arch,
    printed: stdout,
  }
}
