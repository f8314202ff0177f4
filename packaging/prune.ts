import { existsSync, lstatSync, readdirSync, rmSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NpmPackage } from './lock.ts'

/** Sources of the binding, which is compiled, and what packages bring for those who develop with them. */
const FOLDERS: Readonly<Record<string, readonly string[]>> = {
  'better-sqlite3': ['deps', 'src', 'binding.gyp'],
  hono: ['dist/types'],
}
/** Settings of tools that developers use, `.bin` and npm's own notes. */
const HIDDEN = /^\./
/** At the top of a package only: deeper down a folder of this name may be code. */
const AT_THE_TOP = [
  'test',
  'tests',
  '__tests__',
  'benchmark',
  'benchmarks',
  'coverage',
  'example',
  'examples',
]
const NOT_RUN = /\.(?:map|md|markdown|d\.[cm]?ts|ts|tsx|flow|tsbuildinfo|gyp|gypi|c|cc|cpp|h)$/i
/** They stay, whatever they are called besides. */
export const LICENCE_FILE = /^(?:licen[cs]e|copying|notice|unlicense|patents)/i

/** Removes from `node_modules` what is not needed to run: whole packages, and files of those that stay. */
export function prune(modules: string, packages: readonly NpmPackage[]): void {
  const names = new Set(packages.map(({ name }) => name))
  for (const name of installed(modules)) {
    if (!names.has(name)) rmSync(join(modules, name), { recursive: true })
  }
  for (const name of names) {
    const folder = join(modules, name)
    if (!existsSync(folder)) throw new Error(`${name} is in package-lock.json, and npm did not install it`)
    for (const path of [...(FOLDERS[name] ?? []), ...AT_THE_TOP])
      rmSync(join(folder, path), { recursive: true, force: true })
  }
  removeFiles(modules)
}

/** Names of the packages in a `node_modules` folder. */
export function installed(modules: string): readonly string[] {
  return readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((below) => `${name}/${below}`) : [name],
    )
}

/** And the folders that are empty then. */
function removeFiles(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (HIDDEN.test(name)) rmSync(path, { recursive: true })
    else if (lstatSync(path).isDirectory()) removeFiles(path)
    else if (NOT_RUN.test(name) && !LICENCE_FILE.test(name)) rmSync(path)
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder)
}
