import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('the built daemon', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
  })
  after(() => daemon[Symbol.asyncDispose]())

  it('12.3, 18.4.11: the built daemon answers a call right after the deploy, without a failing one in between', async () => {
    await daemon.deploy({ service: 'echo', image: await testImage('fn') })

    const answer = await daemon.call('echo/a//b?x=%20', {
      method: 'PUT',
      body: 'hello',
      headers: { 'x-one': '1' },
    })

    assert.equal(answer.status, 200)
    const seen = (await answer.json()) as Record<string, unknown>
    assert.equal(seen['method'], 'PUT')
    assert.equal(seen['uri'], '/a//b?x=%20')
    assert.equal(seen['body'], 'hello')
  })

  it('runs a plain image without any watchdog when envProcess names a command', async () => {
    await daemon.deploy({ service: 'shout', image: await testImage('plain'), envProcess: 'tr a-z A-Z' })

    const answer = await daemon.call('shout', { method: 'POST', body: 'quietly' })

    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), 'QUIETLY')
  })

  it('runs a plain image with a read-only root and a handler that forks a shell', async () => {
    const envProcess = 'sh -c "echo made > /tmp/file && cat /tmp/file && ! echo x > /bin/x"'
    const image = await testImage('plain')
    await daemon.deploy({ service: 'sealed', image, envProcess, readOnlyRootFilesystem: true })

    const answer = await daemon.call('sealed')

    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /^made\n/)
  })

  it('gives the process its environment and the request', async () => {
    const image = await testImage('plain')
    await daemon.deploy({ service: 'env', image, envProcess: 'env', envVars: { GREETING: 'good day' } })

    const text = await (await daemon.call('env/path?query=1', { headers: { 'x-mine': 'yes' } })).text()

    assert.match(text, /^GREETING=good day$/m)
    assert.match(text, /^Http_X_Mine=yes$/m)
    assert.match(text, /^Http_Query=query=1$/m)
  })

  it('12.3: the built daemon runs an image that carries an upstream classic watchdog unchanged', async () => {
    await daemon.deploy({ service: 'classic', image: await testImage('upstream-classic') })

    const answer = await daemon.call('classic', { method: 'POST', body: 'through cat' })

    assert.equal(answer.status, 200)
    assert.equal(await answer.text(), 'through cat')
  })

  it('12.3: the built daemon runs an image that carries an upstream watchdog in http mode unchanged', async () => {
    await daemon.deploy({ service: 'warm', image: await testImage('upstream-http') })

    // Such a watchdog says that it is healthy before its process listens; its 500 for that moment is its own.
    const statuses = new Set<number>()
    while (!statuses.has(200) && statuses.size < 3) statuses.add((await daemon.call('warm/id')).status)

    assert.ok(statuses.has(200), [...statuses].join())
  })

  it('12.3: the built daemon removes the containers of an upstream watchdog within its grace period', async () => {
    await daemon.deploy({ service: 'leaving', image: await testImage('upstream-classic') })
    await daemon.call('leaving')
    const before = await daemon.containers()

    await daemon.remove('leaving')

    assert.equal((await daemon.call('leaving')).status, 404)
    await daemon.deploy({ service: 'leaving', image: await testImage('upstream-classic') })
    assert.equal((await daemon.call('leaving')).status, 200)
    const now = await daemon.containers('running')
    assert.ok(now.some((id) => !before.includes(id)))
  })

  it('passes status, headers and bodies of the function through', async () => {
    await daemon.deploy({ service: 'fn', image: await testImage('fn-watchdog') })

    assert.equal((await daemon.call('fn/status/418')).status, 418)
    const moved = await daemon.call('fn/redirect?to=/elsewhere')
    assert.equal(moved.status, 302)
    assert.equal(moved.headers.get('location'), '/elsewhere')
    const big = await (await daemon.call('fn/big?bytes=3000000')).arrayBuffer()
    assert.equal(big.byteLength, 3_000_000)
  })

  it('says plainly that a function does not exist', async () => {
    const answer = await daemon.call('nobody')

    assert.equal(answer.status, 404)
    assert.match(await answer.text(), /nobody/)
  })

  it('counts calls and asks for credentials', async () => {
    await daemon.call('nobody')

    assert.match(
      await (await fetch(`${daemon.metricsUrl}/metrics`)).text(),
      /gateway_function_invocation_total/,
    )
    assert.equal((await fetch(`${daemon.url}/system/functions`)).status, 401)
  })
})
