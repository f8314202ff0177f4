import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REGISTRY_SCHEMA } from '../src/registry/migrations.ts'
import { collectLicences } from './licences.ts'
import { shippedPackages } from './lock.ts'
import { prune } from './prune.ts'
import { writeSbom } from './sbom.ts'

// main.js ROOT TREE ARCH: makes of a tree into which scripts/package.sh has put everything what is shipped.

const [root, tree, arch] = process.argv.slice(2)
if (root === undefined || tree === undefined || arch === undefined)
  throw new Error('main.js ROOT TREE ARCH: three words are needed')

const packages = shippedPackages(root)
// Before files are removed: what is called LICENSE.md stays, but who knows what else there is.
collectLicences(root, tree, packages)
prune(join(tree, 'node_modules'), packages)
writeSbom({ root, tree, arch }, packages)
// For what installs it: a registry of a later version cannot be read by this release.
writeFileSync(join(tree, 'dist/registry-version'), `${REGISTRY_SCHEMA.migrations.length}\n`)
