import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { entriesOf } from '../../src/core/tar-entries.ts'
import { receive, type UploadOptions } from '../../src/builds/upload.ts'
import { hasCode } from '../../src/core/errors.ts'
import { tarEnd, tarHead } from '../../src/core/tar.ts'
import { payload, tarFile, tarOf } from '../fixtures/build-payload.ts'

const MIB = 2 ** 20

describe('what a client sends for a build', () => {
  let folder: string
  let count = 0

  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'sampan-upload-'))))
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const take = (body: Uint8Array | AsyncIterable<Uint8Array>, change: Partial<UploadOptions> = {}) => {
    const path = join(folder, String((count += 1)))
    const source = body instanceof Uint8Array ? pieces(body, 1_000) : body
    const signal = new AbortController().signal
    return receive(source, { path, limitBytes: MIB, signature: null, signal, ...change })
  }
  const refused = (body: Uint8Array, words: RegExp, code: 'invalid' | 'too-large' = 'invalid') =>
    assert.rejects(take(body), (error: Error) => {
      assert.match(error.message, words)
      return hasCode(error, code)
    })

  it('the context is written as an archive of our own, the rest is read', async () => {
    const body = payload('me/fn', 'FROM a\n', { buildArgs: { A: 'b' }, files: { 'x/y': 'z' } })

    const { config } = await take(body)

    assert.equal(config.image, 'me/fn:latest')
    assert.deepEqual(config.buildArgs, { A: 'b' })
    assert.deepEqual(await read(join(folder, String(count))), { Dockerfile: 'FROM a\n', 'x/y': 'z' })
  })

  it('takes the same compressed, in pieces of one byte, and with long names', async () => {
    const long = `context/${'directory/'.repeat(30)}fílé`
    const config = JSON.stringify({ image: 'a' })
    const body = tarOf({ 'context/Dockerfile': 'FROM a', [long]: 'x', 'com.openfaas.docker.config': config })

    await take(pieces(gzipSync(body), 1))

    const found = await read(join(folder, String(count)))
    assert.deepEqual(Object.keys(found), ['Dockerfile', long.slice('context/'.length)])
  })

  it('refuses a path that leads out, in every way', async () => {
    const paths = ['context/../x', '/etc/passwd', '../x', 'context/a/../../x', 'context/\0/../x']
    for (const path of paths.slice(0, 4))
      await refused(tarOf({ 'context/Dockerfile': '', [path]: 'x' }), /is no path in it/)
    const out = tarHead({ path: 'context/l', kind: 'hardlink', mode: 0, bytes: 0, target: 'etc/passwd' })
    await refused(Buffer.concat([out, tarEnd()]), /leads out of context/)
  })

  it('refuses devices, an archive that is cut off, one that is none, and one without a Dockerfile', async () => {
    const [head] = tarFile('context/Dockerfile', Buffer.from('FROM a'))
    const device = Buffer.from(head ?? [])
    device[156] = 0x33
    device.write(`${checksum(device).toString(8).padStart(6, '0')}\0 `, 148)
    await refused(device, /no file, folder or link/)
    await refused(Buffer.from(head ?? []), /is cut off/)
    await refused(Buffer.alloc(1_024, 'x'), /is not taken/)
    await refused(gzipSync(Buffer.alloc(1_024, 'x')).subarray(0, 20), /body: /)
    await refused(tarOf({ 'context/x': '' }), /no context\/Dockerfile/)
    await refused(tarOf({ 'context/Dockerfile': '' }), /no com.openfaas.docker.config/)
  })

  it('refuses what is too large, and what becomes too large', async () => {
    const large = tarOf({ 'context/Dockerfile': '', 'context/zeros': Buffer.alloc(2 * MIB) })
    await refused(large, /SAMPAN_BUILD_CONTEXT/, 'too-large')
    await refused(gzipSync(large), /SAMPAN_BUILD_CONTEXT/, 'too-large')
  })

  it('refuses an image that names a content, and arguments that are no texts', async () => {
    const config = (text: object) =>
      tarOf({ 'context/Dockerfile': '', 'com.openfaas.docker.config': JSON.stringify(text) })
    await refused(config({}), /image: is missing/)
    await refused(config({ image: 'Not An Image' }), /image/)
    await refused(config({ image: `a@sha256:${'0'.repeat(64)}` }), /names a content/)
    await refused(config({ image: 'a', buildArgs: { A: 1 } }), /buildArgs/)
    await refused(tarOf({ 'context/Dockerfile': '', 'com.openfaas.docker.config': '{' }), /not valid JSON/)
  })

  it('checks a signature over every byte', async () => {
    const body = Buffer.concat([payload('a', 'FROM a'), Buffer.from('after the end')])
    const signature = (of: Uint8Array) => {
      const hex = createHmac('sha256', 'secret').update(of).digest('hex')
      return { signature: { header: `sha256=${hex}`, secret: 'secret' } }
    }
    await take(body, signature(body))
    await assert.rejects(take(body, signature(body.subarray(1))), (error) => hasCode(error, 'unauthorized'))
  })

  it('says that there is no room for it, or no folder', async () => {
    await assert.rejects(
      take(payload('a', 'FROM a'), { path: join(folder, 'missing', 'file') }),
      (error: Error) => {
        assert.match(error.message, /cannot be kept: ENOENT/)
        return hasCode(error, 'unavailable')
      },
    )
  })

  it('ends with a client that stops in the middle', async () => {
    const leaving = new AbortController()
    async function* slow(): AsyncIterable<Uint8Array> {
      yield payload('a', 'FROM a').subarray(0, 700)
      setImmediate(() => leaving.abort(new Error('gone')))
      await new Promise(() => undefined)
    }
    await assert.rejects(take(slow(), { signal: leaving.signal }), (error) => hasCode(error, 'cancelled'))
  })
})

async function* pieces(bytes: Uint8Array, length: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function read(path: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const entry of entriesOf(pieces(await readFile(path), 512))) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry.content) chunks.push(chunk)
    found[entry.path] = Buffer.concat(chunks).toString()
  }
  return found
}

function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0)
}
