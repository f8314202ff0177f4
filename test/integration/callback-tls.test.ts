import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CallbackOutcome } from '../../src/queue/callbacks/callback.ts'
import { failureOf, receive, receiveOverTls } from '../fixtures/callback-rig.ts'
import { SELF_SIGNED } from '../fixtures/self-signed.ts'

const PROGRAM = fileURLToPath(new URL('../fixtures/callback-over-tls.js', import.meta.url))

describe('a callback over TLS with a certificate that is trusted', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sampan-callback-'))
    await writeFile(join(folder, 'ca.pem'), SELF_SIGNED.cert)
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const outcomesOf = async (...urls: readonly string[]) => {
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...urls], { env })
    return JSON.parse(stdout) as readonly CallbackOutcome[]
  }

  it('arrives by name and by address, and at no other name', async () => {
    const safe = await receiveOverTls()
    const hosts = ['hook.test', '127.0.0.1', 'other.test']

    const [byName, byAddress, byOther] = await outcomesOf(
      ...hosts.map((host) => `https://${host}:${safe.port}/`),
    )

    assert.deepEqual([byName?.kind, byAddress?.kind, byOther?.kind], ['delivered', 'delivered', 'failed'])
    assert.match(
      byOther === undefined ? '' : failureOf(byOther).reason,
      /not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)$/,
    )
    assert.deepEqual(
      safe.received.map(({ body }) => body.toString()),
      ['the answer', 'the answer'],
    )
  })

  it('is redirected to another such, and to one from plain HTTP, but not away from TLS', async () => {
    const plain = await receive((response) => response.writeHead(307, { location: up }).end())
    const safe = await receiveOverTls((response, { url }) =>
      url === '/end'
        ? response.end()
        : response.writeHead(308, { location: url === '/down' ? plain.url() : '/end' }).end(),
    )
    const up = `https://hook.test:${safe.port}/end`

    const [raised, same, lowered] = await outcomesOf(
      plain.url(),
      `https://hook.test:${safe.port}/same`,
      `https://hook.test:${safe.port}/down`,
    )

    assert.deepEqual([raised?.kind, same?.kind], ['delivered', 'delivered'])
    const { reason, isFinal } = failureOf(lowered ?? { kind: 'delivered', status: 0 })
    assert.match(reason, /redirects to http:\/\/127\.0\.0\.1:\d+, which is not encrypted$/)
    assert.equal(isFinal, true)
    assert.equal(plain.received.length, 1)
  })
})
