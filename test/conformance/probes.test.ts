import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { eventually } from '../fakes/eventually.ts'
import { Target } from './target.ts'

const READY = 'com.openfaas.ready.http.'
const HEALTH = 'com.openfaas.health.http.'

describe('probe annotations', { skip: await skipWithoutDocker() }, () => {
  let target: Target

  before(async () => {
    target = await Target.open()
  })
  after(() => target.close())

  it('12.2: a malformed value is refused and named, and deploys nothing', async () => {
    const annotations = { [`${HEALTH}periodSeconds`]: '1.5', [`${READY}periodSeconds`]: '2' }
    const body = { service: 'conform', image: target.image, envProcess: 'cat', annotations }

    const answer = await target.expect(400, ['POST', '/system/functions', body])

    assert.match(answer.text, /annotations\.com\.openfaas\.health\.http\.periodSeconds: "1\.5"/)
    await target.expect(404, ['GET', '/system/function/conform'])
  })

  it('12.2: a function that fails its health probe has its replica replaced, and comes back', async () => {
    const annotations = {
      [`${HEALTH}path`]: '/_/health',
      [`${HEALTH}periodSeconds`]: '1',
      [`${HEALTH}failureThreshold`]: '2',
    }
    await target.withFunction({ envProcess: 'sh', annotations }, async (name) => {
      await target.whenAvailable(name)
      const hostname = async () => (await target.send('POST', `/function/${name}`, { body: 'hostname' })).text
      const first = await hostname()

      // The watchdog of the image says that it is unwell once this file is gone (watchdog.md 5.1).
      await target.send('POST', `/function/${name}`, { body: 'rm /tmp/.lock; echo done' })

      await eventually(async () => (await target.status(name)).availableReplicas === 0, 10_000)
      await target.whenAvailable(name)
      assert.notEqual(await hostname(), first)
      assert.deepEqual((await target.status(name))['annotations'], annotations)
    })
  })

  it('12.2: a function that fails its readiness probe is out of service until it passes it again', async () => {
    const annotations = { [`${READY}periodSeconds`]: '1', [`${READY}failureThreshold`]: '1' }
    await target.withFunction({ envProcess: 'sh', annotations }, async (name) => {
      await target.whenAvailable(name)
      const run = (body: string) => target.send('POST', `/function/${name}`, { body })
      const first = (await run('hostname')).text

      await run('rm /tmp/.lock; (sleep 3; touch /tmp/.lock) >/dev/null 2>&1 &')
      await eventually(async () => (await target.status(name)).availableReplicas === 0, 10_000)

      await target.whenAvailable(name)
      assert.equal((await run('hostname')).text, first)
    })
  })
})
