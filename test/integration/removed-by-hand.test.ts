import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import type { Replica } from '../../src/core/provider/replica.ts'
import { eventually } from '../fakes/eventually.ts'
import { docker, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { ProviderBench } from '../fixtures/provider-bench.ts'

const NEVER = new AbortController().signal

describe('the log of a container that somebody removes by hand', { skip: await skipWithoutDocker() }, () => {
  let bench: ProviderBench
  let image: string

  before(async () => {
    bench = new ProviderBench('by-hand')
    image = await plainImage(
      'says-two',
      'ENTRYPOINT ["sh", "-c", "echo one; echo two; exec httpd -f -p 8080"]',
    )
    await bench.provider.start([])
  })

  after(() => bench.end())

  async function textsOf(fn: FunctionName, instance?: string): Promise<readonly string[]> {
    const texts: string[] = []
    const query = { fn, follow: false, ...(instance === undefined ? {} : { instance }) }
    for await (const batch of bench.logs.read(query, NEVER)) texts.push(...batch.map(({ text }) => text))
    return texts
  }

  /** Resolves when the provider has forgotten the replica. */
  const forgotten = ({ fn, id }: Replica): Promise<void> =>
    eventually(() => bench.provider.replicas(fn).every((replica) => replica.id !== id))

  it('the log of a container that somebody removes by hand is kept while somebody follows it, although the engine no longer gives it out', async () => {
    const replica = await bench.deploy(bench.fn('followed', { image }))
    const leaving = new AbortController()
    const seen: string[] = []
    const following = (async () => {
      for await (const batch of bench.logs.read({ fn: replica.fn, follow: true }, leaving.signal))
        seen.push(...batch.filter(({ instance }) => replica.id.startsWith(instance)).map(({ text }) => text))
    })()
    await eventually(() => seen.length === 2)

    await docker('rm', '-f', replica.id)
    await forgotten(replica)
    await eventually(async () => (await textsOf(replica.fn, replica.id)).length > 0)
    leaving.abort()
    await following

    assert.deepEqual(await textsOf(replica.fn, replica.id), ['one', 'two'])
    assert.deepEqual(seen, ['one', 'two'])
    bench.provider.remove(replica.fn)
  })

  it('the log of a container that somebody removes by hand is kept once when it was killed, and removed later than that', async () => {
    const replica = await bench.deploy(bench.fn('killed', { image }))

    await docker('kill', replica.id)
    await forgotten(replica)
    // By now it was removed; by hand there is nothing left to do.
    await assert.rejects(docker('rm', replica.id), /No such container/)

    assert.deepEqual(await textsOf(replica.fn, replica.id), ['one', 'two'])
    bench.provider.remove(replica.fn)
  })
})
