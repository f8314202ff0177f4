import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { hasCode } from '../../src/core/errors.ts'
import type { BuildNews, BuildOrder } from '../../src/core/provider/image-builder.ts'
import { DockerBuilder } from '../../src/provider/docker/builds/docker-builder.ts'
import type { EngineVersion } from '../../src/provider/docker/engine/answers.ts'
import { Engine } from '../../src/provider/docker/engine/engine.ts'
import { tarOf } from '../fixtures/build-payload.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'

// Engines with BuildKit have the classic builder, too: it is what Podman and older ones are asked for.

describe('the classic builder', { skip: await skipWithoutDocker() }, () => {
  let engine: Engine
  let builder: DockerBuilder
  let plain: string
  const registryId = `test-${process.pid}`

  before(async () => {
    plain = await testImage('plain')
    engine = new Engine({ dockerHost: null, clock: systemClock })
    const found = await engine.connect()
    const host: EngineVersion = { ...found, abilities: { ...found.abilities, isPodman: true } }
    builder = new DockerBuilder({
      calls: engine.builds,
      host: () => host,
      credentials: { lookUp: () => Promise.resolve(undefined) },
      registryId,
    })
  })
  after(() => engine.close())

  const build = async (
    dockerfile: string,
    change: Partial<BuildOrder> = {},
  ): Promise<readonly BuildNews[]> => {
    const news: BuildNews[] = []
    const order: BuildOrder = {
      image: `sampan-built/classic-${process.pid}:1`,
      openContext: () => Readable.from([tarOf({ Dockerfile: dockerfile })]),
      buildArgs: {},
      secrets: new Map(),
      network: 'none',
      noCache: true,
      ...change,
    }
    for await (const one of builder.build(order, new AbortController().signal)) news.push(one)
    return news
  }

  it('makes an image with our label and without a network, and removes it again', async () => {
    const news = await build(`FROM ${plain}\nARG A\nRUN echo "said $A" && ! ls /sys/class/net/eth0\n`, {
      buildArgs: { A: 'hello' },
    })
    const last = news.at(-1)
    assert.ok(last?.kind === 'built')
    assert.ok(news.some((one) => one.kind === 'log' && one.text.includes('said hello')))
    assert.deepEqual(
      (await builder.builtImages()).map(({ id }) => id),
      [last.id],
    )

    const container = await docker('create', last.id, 'true')
    assert.equal(await builder.removeImage(last.id), false, 'a container has it')
    await docker('rm', container)
    assert.equal(await builder.removeImage(last.id), true)
    assert.equal(await builder.removeImage(last.id), true, 'it is gone')
  })

  it('fails with the words of the step, and takes no secrets', async () => {
    await assert.rejects(build(`FROM ${plain}\nRUN exit 3\n`), (error: Error) => {
      assert.match(error.message, /non-zero code: 3/)
      return hasCode(error, 'invalid')
    })
    const secrets = new Map([['a', Buffer.from('b')]])
    await assert.rejects(build(`FROM ${plain}\n`, { secrets }), /build secrets need BuildKit/)
  })
})
