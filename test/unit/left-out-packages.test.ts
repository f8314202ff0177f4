import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'

// dockerode loads clients of SSH and gRPC that nothing here uses; `stubs/` stands for them
// (docs/decisions/0038-unused-clients-of-dockerode.md).

const here = createRequire(import.meta.url)
const dockerode = createRequire(here.resolve('dockerode'))
const modem = createRequire(dockerode.resolve('docker-modem'))

/** Package, who asks for it, and what that would use first. */
const STUBS = [
  ['ssh2', modem, 'Client'],
  ['protobufjs', dockerode, 'loadSync'],
  ['@grpc/grpc-js', dockerode, 'Server'],
  ['@grpc/proto-loader', dockerode, 'loadSync'],
] as const

describe('the packages that are left out', () => {
  for (const [name, user, entry] of STUBS) {
    it(`${name} is our stub, and says so when it is used`, () => {
      const stub = user(name) as Readonly<Record<string, () => unknown>>

      assert.match(user.resolve(name), /\/stubs\//)
      assert.throws(() => stub[entry]?.(), /is left out of this installation: docs\/decisions\/0038-/)
    })
  }

  it('are not loaded with dockerode, nor is anything that only they used', () => {
    here('dockerode')

    const loaded = Object.keys(here.cache).flatMap(
      (path) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
    )
    assert.ok(loaded.includes('docker-modem'))
    for (const name of ['ssh2', 'asn1', 'protobufjs', '@grpc/grpc-js', '@grpc/proto-loader', 'yargs', 'long'])
      assert.ok(!loaded.includes(name), name)
  })

  it('leave two packages with a script for their installation, of which one is allowed by name to run it', () => {
    const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>
    }
    const { allowScripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      readonly allowScripts: Readonly<Record<string, boolean>>
    }

    const running = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript === true)

    assert.deepEqual(
      running.map(([path]) => path.replace(/^.*node_modules\//, '')),
      ['better-sqlite3', 'esbuild'],
    )
    // The script of esbuild only shortens the start of a command that nobody calls.
    assert.deepEqual(allowScripts, { 'better-sqlite3': true, esbuild: false })
  })
})
