import { execFile } from 'node:child_process'
import { lstatSync, readdirSync, readlinkSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Another system's root folder, with what `install.sh --root` looks for. */
export async function fakeRoot(folder: string): Promise<string> {
  await mkdir(join(folder, 'etc'), { recursive: true })
  await mkdir(join(folder, 'usr/lib/systemd'), { recursive: true })
  await writeFile(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  await writeFile(join(folder, 'etc/group'), 'root:x:0:\n')
  await writeFile(join(folder, 'usr/lib/systemd/systemd'), '')
  return folder
}

/** A folder with programs that answer as those of another machine would: name and shell text. */
export async function fakePrograms(
  folder: string,
  programs: Readonly<Record<string, string>>,
): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`)
    await chmod(join(folder, name), 0o755)
  }
  return folder
}

export interface Ended {
  readonly status: number
  readonly printed: string
}

/** Runs `install.sh` of a release, with the programs of `path` before all others. */
export function install(tree: string, words: readonly string[], path = ''): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      `${tree}/install.sh`,
      words,
      { env: { ...process.env, PATH: `${path}:${process.env['PATH']}` } },
      (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), printed: stdout + stderr }),
    )
  })
}

/** Path, mode, size and time of everything below a folder: equal when nothing was changed. */
export function everythingUnder(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const path = join(folder, name)
      const { mode, size, mtimeMs, isSymbolicLink } = describe(path)
      return `${name} ${mode.toString(8)} ${size} ${isSymbolicLink ? readlinkSync(path) : mtimeMs}`
    })
}

function describe(path: string): {
  readonly mode: number
  readonly size: number
  readonly mtimeMs: number
  readonly isSymbolicLink: boolean
} {
  const found = lstatSync(path)
  // The size of a folder is the file system's affair.
  return {
    mode: found.mode,
    size: found.isDirectory() ? 0 : found.size,
    mtimeMs: found.mtimeMs,
    isSymbolicLink: found.isSymbolicLink(),
  }
}
