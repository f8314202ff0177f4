import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { BUILT_SERVER } from '../fixtures/nats.ts'

it('every module that is linked into our nats-server has its licence beside it', async () => {
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/local/go/bin` }
  const { stdout } = await promisify(execFile)('go', ['version', '-m', BUILT_SERVER], { env })
  const modules = [...stdout.matchAll(/^\t(?:mod|dep)\t(\S+)\t/gm)].map(([, path = '']) => path)
  assert.ok(modules.includes('github.com/nats-io/nats-server/v2') && modules.length > 5, stdout)

  for (const path of modules) {
    const files = await readdir(join(resolve('dist/nats/licenses'), path))
    assert.ok(
      files.some((name) => /^(?:LICEN[CS]E|COPYING)/.test(name)),
      path,
    )
  }
})
