import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { request } from 'undici'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('a daemon behind a proxy', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start({
      SAMPAN_ALLOWED_HOSTS: 'fn.example.org',
      SAMPAN_KEEP_ODD_HEADERS: 'true',
    })
    await daemon.deploy({ service: 'echo', image: await testImage('fn') })
    assert.equal((await daemon.call('echo')).status, 200)
  })
  after(() => daemon[Symbol.asyncDispose]())

  it('answers to the name that the proxy passes on, at every door, and to no other', async () => {
    const doors = [`${daemon.url}/function/echo`, `${daemon.url}/healthz`, `${daemon.metricsUrl}/metrics`]
    for (const door of doors) {
      const statuses = ['fn.example.org', 'localhost', 'evil.example'].map(async (host) => {
        const { statusCode, body } = await request(door, { headers: { host } })
        await body.dump()
        return statusCode
      })

      assert.deepEqual(await Promise.all(statuses), [200, 200, 421], door)
    }
  })

  it('passes on what it was told to keep, and counts hops', async () => {
    const headers = { X_Under: '1', 'x.dot': '2', Proxy: '3' }
    const { body } = await request(`${daemon.url}/function/echo`, { headers })

    const seen = ((await body.json()) as { readonly headers: Readonly<Record<string, readonly string[]>> })
      .headers
    const names = Object.keys(seen).map((name) => name.toLowerCase())
    assert.deepEqual(
      [names.includes('x_under'), names.includes('x.dot'), names.includes('proxy')],
      [true, true, false],
    )
    assert.deepEqual(seen['X-Sampan-Hops'], ['1'])
    assert.deepEqual(seen['X-Forwarded-For'], ['127.0.0.1'])
  })
})
