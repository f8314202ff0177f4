import { copyFileSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NpmPackage } from './lock.ts'
import { LICENCE_FILE } from './prune.ts'

/** Copies the licence texts of all npm packages to `licenses/npm` of the tree. Throws for one that has none. */
export function collectLicences(root: string, tree: string, packages: readonly NpmPackage[]): void {
  const without: string[] = []
  for (const { name } of packages) {
    const texts = licenceTexts(root, tree, name)
    if (texts.length === 0) without.push(name)
    const target = join(tree, 'licenses/npm', name)
    mkdirSync(target, { recursive: true })
    for (const [from, as] of texts) copyFileSync(from, join(target, as))
  }
  if (without.length > 0)
    throw new Error(
      `no licence text comes with ${without.join(', ')}: find out, and put it into packaging/licences/NAME.txt`,
    )
}

/** Pairs of a file and its name in the tree: those of the package, else one that we keep, else ours for our stubs. */
function licenceTexts(root: string, tree: string, name: string): readonly (readonly [string, string])[] {
  const folder = join(tree, 'node_modules', name)
  const own = readdirSync(folder).filter((file) => LICENCE_FILE.test(file))
  if (own.length > 0) return own.map((file) => [join(folder, file), file])
  const kept = join(root, 'packaging/licences', `${name.replace('/', '-')}.txt`)
  if (existsSync(kept)) return [[kept, 'LICENSE']]
  return existsSync(join(root, 'stubs', name)) ? [[join(root, 'LICENSE'), 'LICENSE']] : []
}
