import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { keyPairOf, newKeyPair, open, seal, sharedKey } from '../../src/sealing/box.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

// What golang.org/x/crypto/nacl/box makes of these keys, nonce and messages.
const ALICE = Uint8Array.from({ length: 32 }, (_, at) => at + 1)
const BOB = Uint8Array.from({ length: 32 }, (_, at) => 200 - at)
const BOB_PUBLIC = 'ja/P7q6QRe6aeNeKmfzzLneB5EHrBzCWw0K44tzDthI='
const ALICE_PUBLIC = 'B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw='
const NONCE = Uint8Array.from({ length: 24 }, (_, at) => 3 * at)
const SEALED = [
  ['', 'AAMGCQwPEhUYGx4hJCcqLTAzNjk8P0JFttRs3Jutgf/7GKpaWx0ckw=='],
  ['s3cr3t', 'AAMGCQwPEhUYGx4hJCcqLTAzNjk8P0JFhiO7Owqb6WXZtezmeT29dUcE6zzGVA=='],
  [
    '\0'.repeat(200),
    'AAMGCQwPEhUYGx4hJCcqLTAzNjk8P0JFf3Tjl8chkAyO4x5bkPO+qTQ3iE71IMA0Mxz1I9aq3gwqpFKatT21prXZodz/GhGodX9vcHYtNfCkD4WhLe87i8+dA6Imp4syKPNMtajRLA552cBxOD2QcamNcku4BzpAq90BGl5bTO2i2rd8MwiYZRThiT+8wtQB0qG3wsZHe8VEujRVshoNdTkRvzfirTFqlJPxzQ/F+kGUGF4Q6C/TPRigD9Se3yOTAnp922QO8zk6PFh6d3DIj5TLJrrIgslI6hcJcz4c04b8FdziVZoYA3xZlCW7OnjJ',
  ],
] as const

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

describe('a sealed value', () => {
  for (const [message, sealed] of SEALED) {
    it(`18.4.57: is what NaCl makes of it, ${message.length} bytes`, () => {
      const key = sharedKey(ALICE, Buffer.from(BOB_PUBLIC, 'base64'))
      const other = sharedKey(BOB, keyPairOf(ALICE).publicKey)

      const box = seal(Buffer.from(message), NONCE, key)

      assert.equal(base64(Buffer.concat([NONCE, box])), sealed)
      assert.equal(Buffer.from(open(box, NONCE, other) ?? []).toString('utf8'), message)
    })
  }

  it('does not open when it was changed, or is for somebody else', () => {
    const key = sharedKey(ALICE, keyPairOf(BOB).publicKey)
    const box = seal(Buffer.from('s3cr3t'), NONCE, key)

    for (let at = 0; at < box.length; at += 1) {
      const changed = Uint8Array.from(box)
      changed[at] = (changed[at] ?? 0) ^ 1
      assert.equal(open(changed, NONCE, key), null)
    }
    assert.equal(open(box, NONCE, sharedKey(ALICE, newKeyPair().publicKey)), null)
    assert.equal(open(new Uint8Array(3), NONCE, key), null)
  })

  it('opens for lengths around the blocks of the cipher and the tag', () => {
    const key = sharedKey(ALICE, keyPairOf(BOB).publicKey)

    for (const length of [1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 1_000]) {
      const message = Uint8Array.from({ length }, (_, at) => at)
      assert.deepEqual(Buffer.from(open(seal(message, NONCE, key), NONCE, key) ?? []), Buffer.from(message))
    }
  })
})

describe('secret keygen, seal and unseal', () => {
  it('18.4.57: what is sealed for a new key is unsealed with it', async () => {
    await using rig = await CliRig.start()
    await writeFile(join(rig.cwd, 'file'), Uint8Array.of(0xff, 0x00))

    const made = await rig.run(['secret', 'keygen'])
    const sealed = await rig.run([
      'secret',
      'seal',
      'key.pub',
      '--from-literal',
      'b=x=y',
      '--from-literal',
      'a=1',
      '--from-file',
      'bin=file',
    ])
    const shown = await rig.run(['secret', 'unseal', 'key'])
    const one = await rig.run(['secret', 'unseal', 'key', '--key', 'bin'])
    const json = await rig.run(['secret', 'unseal', 'key', '-j', '--in', 'com.openfaas.secrets'])

    const id = (await readFile(join(rig.cwd, 'key.pub'), 'utf8')).slice(0, 8)
    assert.match(made.stdout, new RegExp(`Key ID: ${id.replace(/[+]/g, '\\+')}\n$`))
    assert.deepEqual([sealed.status, shown.status], [0, 0])
    assert.equal(shown.stdout, 'a=1\nb=x=y\nbin=\uFFFD\0\n')
    assert.deepEqual(one.bytes, Buffer.of(0xff, 0x00))
    assert.equal((JSON.parse(json.stdout) as { b: string }).b, 'x=y')
    for (const [name, mode] of [
      ['key', 0o600],
      ['key.pub', 0o644],
      ['com.openfaas.secrets', 0o600],
    ] as const)
      assert.equal((await stat(join(rig.cwd, name))).mode & 0o777, mode)
  })

  it('18.4.57: reads what faas-cli sealed, and writes the same form', async () => {
    await using rig = await CliRig.start()
    await writeFile(join(rig.cwd, 'key'), base64(BOB))
    await writeFile(
      join(rig.cwd, 'official'),
      `version: v1\nalgorithm: nacl/box\nkey_id: ja/P7q6Q\npublic_key: ${ALICE_PUBLIC}\nsecrets:\n    token: ${SEALED[1][1]}\n`,
    )

    const read = await rig.run(['secret', 'unseal', 'key', '--in', 'official'])
    await rig.run(['secret', 'seal', BOB_PUBLIC, '--from-literal', 'token=s3cr3t', '-o', 'ours'])

    assert.equal(read.stdout, 'token=s3cr3t\n')
    assert.match(
      await readFile(join(rig.cwd, 'ours'), 'utf8'),
      /^version: v1\nalgorithm: nacl\/box\nkey_id: ja\/P7q6Q\npublic_key: \S{43}=\nsecrets:\n {4}token: \S+\n$/,
    )
  })

  it('writes over no key unasked, and says which file is none', async () => {
    await using rig = await CliRig.start()
    await writeFile(join(rig.cwd, 'key'), 'mine')

    const again = await rig.run(['secret', 'keygen'])
    const meant = await rig.run(['secret', 'keygen', '-o', 'other'])
    const none = await rig.run(['secret', 'seal', 'key', '--from-literal', 'a=b'])
    const nothing = await rig.run(['secret', 'seal', 'other.pub'])

    assert.deepEqual([again.status, meant.status, none.status, nothing.status], [1, 0, 1, 1])
    assert.equal(await readFile(join(rig.cwd, 'key'), 'utf8'), 'mine')
    assert.match(none.stderr, /^Key is no key: 32 bytes/)
    assert.match(nothing.stderr, /^Provide at least one secret/)
  })
})
