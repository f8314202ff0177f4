import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { Spool } from '../../src/queue/spool.ts'
import { eventually } from '../fakes/eventually.ts'
import { temporaryFolder } from '../fixtures/nats.ts'

async function collected(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Descriptors of this process that lead below a folder. */
function openBelow(dir: string): number {
  const paths = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
  return paths.filter((path) => path.startsWith(dir)).length
}

describe('the spool', () => {
  it('begins with the files that are there, without those that a killed process left unfinished', async () => {
    await using folder = await temporaryFolder()
    const dir = join(folder.path, 'spool')
    mkdirSync(dir)
    writeFileSync(join(dir, 'one.body'), 'abc')
    writeFileSync(join(dir, 'two.body.part'), 'abcdef')
    writeFileSync(join(dir, 'strange file'), 'abcdef')
    const spool = new Spool(dir, 100)

    assert.deepEqual(await spool.open(), ['one.body'])

    assert.deepEqual(readdirSync(dir).toSorted(), ['one.body', 'strange file'])
    assert.deepEqual([spool.usedBytes, spool.isFull(97), spool.isFull(98)], [3, false, true])
  })

  it('has a file under its name only when it is whole', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 100)
    const file = await spool.create('one.body')
    await file.write(Buffer.from('ab'))
    assert.deepEqual([await spool.size('one.body'), spool.usedBytes], [null, 2])
    await file.write(Buffer.from('c'))

    assert.deepEqual(await file.finish(), { file: 'one.body', size: 3 })

    assert.equal(await collected(spool.read('one.body')), 'abc')
    await spool.remove('one.body')
    await spool.remove('one.body')
    assert.deepEqual([await spool.size('one.body'), spool.usedBytes], [null, 0])
  })

  it('forgets a file that is not finished', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 100)
    const file = await spool.create('one.body')
    await file.write(Buffer.from('ab'))

    await file.abandon()
    await file.abandon()

    assert.deepEqual([readdirSync(folder.path), spool.usedBytes], [[], 0])
  })

  it('gives a file a second name, which outlives the first', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 100)
    await spool.write('one.body', Buffer.from('abc'))

    await spool.alias('one.body', 'two.body')
    await spool.alias('none.body', 'three.body')
    await spool.remove('one.body')

    assert.equal(await collected(spool.read('two.body')), 'abc')
    assert.deepEqual([spool.usedBytes, await spool.size('three.body')], [3, null])
  })

  it('holds no descriptor of a file that nobody reads, or not to its end', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 1_000_000)
    await spool.write('one.body', Buffer.alloc(300_000))

    for (let time = 0; time < 20; time += 1) spool.read('one.body')
    for await (const chunk of spool.read('one.body')) if (chunk.length > 0) break

    await eventually(() => openBelow(folder.path) === 0)
  })

  it('fails to read what is gone as it is read, and takes no name that leads elsewhere', async () => {
    await using folder = await temporaryFolder()
    const spool = new Spool(folder.path, 100)

    await assert.rejects(collected(spool.read('one.body')), { code: 'ENOENT' })
    for (const name of ['../x.body', 'a/b.body', '.body', 'x.part', 'x.body.part', '']) {
      await assert.rejects(spool.create(name), /is no name of a spooled file/)
      assert.throws(() => spool.pathOf(name), /is no name of a spooled file/)
    }
  })
})
