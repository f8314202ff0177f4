import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `package-lock.json` says of one package. */
interface LockEntry {
  readonly version?: string
  readonly license?: string
  readonly integrity?: string
  /** Of a link: the folder in the repository. */
  readonly resolved?: string
  readonly link?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
}

/** A package that the daemon or the command line may load. */
export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** As SPDX has it. */
  readonly license: string
  /** Hash of what npm publishes, in its own notation; undefined for our stubs. */
  readonly integrity: string | undefined
}

/** Downloads bindings when a package is installed, and is used for nothing else. */
const INSTALLERS = ['prebuild-install']

/**
 * The production packages by `package-lock.json`, without those that only run while packages are installed. Packages below packages
 * are not known here: with one version of each there are none.
 */
export function shippedPackages(root: string): readonly NpmPackage[] {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>
  }
  const found = new Map<string, NpmPackage>()
  const waiting = Object.keys(packages['']?.dependencies ?? {})
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name) || INSTALLERS.includes(name)) continue
    const entry = entryOf(packages, name)
    found.set(name, describe(name, entry))
    waiting.push(...Object.keys(entry.dependencies ?? {}))
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function entryOf(packages: Readonly<Record<string, LockEntry>>, name: string): LockEntry {
  const nested = Object.keys(packages).filter((path) => path.endsWith(`/node_modules/${name}`))
  if (nested.length > 0) throw new Error(`there are two versions of ${name}: packaging/lock.ts knows one`)
  const entry = packages[`node_modules/${name}`]
  const target = entry?.link === true ? packages[entry.resolved ?? ''] : entry
  if (target === undefined) throw new Error(`package-lock.json has no ${name}`)
  return target
}

function describe(name: string, { version, license, integrity }: LockEntry): NpmPackage {
  if (version === undefined || license === undefined)
    throw new Error(`package-lock.json does not say which version of ${name} it is, or under which licence`)
  return { name, version, license, integrity }
}
