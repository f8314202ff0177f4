import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target } from './target.ts'

const PATH = '/system/secrets'
const FILE = '/var/openfaas/secrets/conform-secret'

describe('http-api 6.8: secrets', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  beforeEach(() => target.ask('DELETE', PATH, { name: 'conform-secret' }))
  after(async () => {
    await target.ask('DELETE', PATH, { name: 'conform-secret' })
    await target.close()
  })

  const secret = (value: string): object => ({ name: 'conform-secret', value })
  const listed = async (): Promise<readonly unknown[]> =>
    (JSON.parse((await target.expect(200, ['GET', PATH])).text) as { name: string }[]).filter(
      ({ name }) => name === 'conform-secret',
    )

  it('6.8: the list is JSON with names and namespaces, never values', async () => {
    assert.deepEqual(await listed(), [])
    await target.expect(202, ['POST', PATH, secret('hunter2')])

    assert.deepEqual(await listed(), [{ name: 'conform-secret', namespace: 'openfaas-fn' }])
    assert.equal((await target.ask('GET', PATH)).headers['content-type'], 'application/json')
  })

  it('6.8, 18.1.2, 18.2.3, 18.3.10: creating is 202, 409 when it exists; updating and removing 202, 404 when not', async () => {
    await target.expect(404, ['PUT', PATH, secret('a')])
    await target.expect(202, ['POST', PATH, secret('a')])
    await target.expect(409, ['POST', PATH, secret('a')])
    await target.expect(202, ['PUT', PATH, secret('b')])
    await target.expect(202, ['DELETE', PATH, { name: 'conform-secret' }])
    await target.expect(404, ['DELETE', PATH, { name: 'conform-secret' }])
  })

  it('6.8: bad JSON and bad names are 400', async () => {
    await target.expect(400, ['POST', PATH, '{'])
    for (const name of ['', '..', 'a/b', 'Upper', 'a..b', 'x'.repeat(254)]) {
      await target.expect(400, ['POST', PATH, { name, value: 'x' }])
    }
    await target.expect(400, ['POST', PATH, { name: 'conform-secret', rawValue: 'not base64' }])
  })

  it('6.8, 18.4.12: a function reads the exact bytes; rawValue counts before value', async () => {
    const bytes = ' a\n\u00e9\n'
    const rawValue = Buffer.from(bytes).toString('base64')
    await target.expect(202, ['POST', PATH, { name: 'conform-secret', rawValue, value: bytes.trim() }])

    await target.withFunction({ secrets: ['conform-secret'], envProcess: `cat ${FILE}` }, async (name) => {
      assert.equal((await target.send('POST', `/function/${name}`)).text, bytes)
    })
  })

  it('6.8: a new value is seen after a redeploy', async () => {
    await target.expect(202, ['POST', PATH, secret('old')])
    const fields = { secrets: ['conform-secret'], envProcess: `cat ${FILE}` }
    await target.withFunction(fields, async (name) => {
      assert.equal((await target.send('POST', `/function/${name}`)).text, 'old')
      await target.expect(202, ['PUT', PATH, secret('new')])
      await target.expect(202, [
        'PUT',
        '/system/functions',
        { service: name, image: target.image, ...fields },
      ])

      await eventually(
        async () => {
          return (await target.send('POST', `/function/${name}`)).text === 'new'
        },
        5_000,
        'the new value is read',
      )
    })
  })

  it('6.8: a function cannot write its secret, and its value is in no environment', async () => {
    await target.expect(202, ['POST', PATH, secret('hunter2')])
    const secrets = ['conform-secret']

    await target.withFunction({ secrets, envProcess: 'env' }, async (name) => {
      const { text } = await target.send('POST', `/function/${name}`)
      assert.match(text, /Http_Method/)
      assert.doesNotMatch(text, /hunter2/)
    })
    await target.withFunction({ secrets, envProcess: `cp /bin/sh ${FILE}` }, async (name) => {
      assert.equal((await target.send('POST', `/function/${name}`)).status, 500)
    })
  })

  it('6.8: other methods are 405', async () => {
    assert.equal((await target.send('PATCH', PATH)).status, 405)
  })
})
