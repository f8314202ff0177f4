import assert from 'node:assert/strict'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'

/** Where programs of ours are started by their path. */
const FOLDERS = ['scripts', 'bench', 'systemd', 'watchdog', 'examples']

it('scripts and units start only programs that are built from a file that exists', () => {
  const named = FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:sh|service|go)$/.test(name))
      .flatMap((name) => {
        const text = readFileSync(join(folder, name), 'utf8')
        return [...text.matchAll(/\bdist\/((?:src|test|bench)\/[\w./-]+)\.js\b/g)].map(
          ([, path]) => `${path}.ts`,
        )
      }),
  )

  assert.ok(named.length > 3, 'the scripts are read')
  assert.deepEqual(
    named.filter((path) => !existsSync(path)),
    [],
  )
})
