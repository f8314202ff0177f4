import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { eventually } from '../fakes/eventually.ts'
import { Arrivals } from '../e2e/load.ts'
import { Target } from './target.ts'

// Items 12 and 14 of the certifier's checklist, with the settings that a daemon has by itself.

const CALL_EVERY_MS = 100
const WITHIN_MS = 60_000

describe(
  'http-api 17: scaling by load, as the certifier asks for it',
  {
    skip: await skipWithoutDocker(),
  },
  () => {
    let target: Target
    before(async () => {
      target = await Target.open()
    })
    after(() => target.close())

    const loadUntilTwo = async (name: string): Promise<void> => {
      const load = new Arrivals({ url: `${target.url}/function/${name}` }, CALL_EVERY_MS)
      await eventually(
        async () => (await target.status(name)).replicas >= 2,
        WITHIN_MS,
        'it has two replicas',
      )
      assert.deepEqual((await load.stop()).failed, [])
    }

    it('17.12: ten calls a second raise the replicas, and they fall back when the load stops', async () => {
      const labels = { 'com.openfaas.scale.min': '1', 'com.openfaas.scale.max': '2' }
      await target.withFunction({ labels, envProcess: 'env' }, async (name) => {
        await loadUntilTwo(name)

        await eventually(
          async () => (await target.status(name)).replicas === 1,
          WITHIN_MS,
          'it has one again',
        )
      })
    })

    it('17.14: a function that is opted in has two replicas under load, and none when it is idle', async () => {
      const labels = {
        'com.openfaas.scale.max': '2',
        'com.openfaas.scale.zero': 'true',
        'com.openfaas.scale.zero-duration': '10s',
      }
      await target.withFunction({ labels, envProcess: 'env' }, async (name) => {
        await loadUntilTwo(name)

        await eventually(async () => (await target.status(name)).replicas === 0, WITHIN_MS, 'it has none')
        assert.equal((await target.send('GET', `/function/${name}`)).status, 200)
        assert.ok((await target.status(name)).replicas >= 1)
      })
    })
  },
)
