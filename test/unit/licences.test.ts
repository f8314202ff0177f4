import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

const NOTICE = readFileSync('NOTICE', 'utf8')
const BUILD = readFileSync('scripts/build-nats.sh', 'utf8')

describe('NOTICE', () => {
  it('names every package of NATS that is installed, and each is under the licence that stands there', () => {
    const folder = 'node_modules/@nats-io'
    const packages = readdirSync(folder)
    assert.ok(packages.length > 0)

    for (const name of packages) {
      const { license } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')) as {
        license: string
      }
      assert.equal(license, 'Apache-2.0', name)
      assert.ok(NOTICE.includes(`@nats-io/${name}`), `NOTICE does not name @nats-io/${name}`)
    }
  })

  it('names the nats-server that is built, and where the licences of all that is in it are put', () => {
    assert.match(NOTICE, /dist\/nats\/nats-server/)
    assert.match(NOTICE, /dist\/nats\/licenses/)
    assert.match(BUILD, /^PINNED=\d+\.\d+\.\d+$/m)
  })

  it('has the text of each licence that it refers to', () => {
    const texts = [...NOTICE.matchAll(/licenses\/[\w.-]+\.txt/g)].map(([path]) => path)
    assert.ok(texts.length > 0)
    for (const path of texts) assert.ok(readFileSync(path, 'utf8').length > 1_000, path)
  })
})
