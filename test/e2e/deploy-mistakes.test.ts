import assert from 'node:assert/strict'
import { availableParallelism } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { docker, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('a deployment with a mistake in it', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let image: string

  before(async () => {
    daemon = await DaemonProcess.start()
    image = await testImage('fn')
  })
  after(() => daemon[Symbol.asyncDispose]())

  const deploy = (fields: object) =>
    daemon.api('POST', '/system/functions', { service: 'slip', image, ...fields })

  it('is refused when nothing in its image can be started, but for a process that it names', async () => {
    const empty = await plainImage('without-command')

    const refused = await deploy({ image: empty })
    assert.equal(refused.status, 400)
    assert.match(await refused.text(), /^image: it has neither ENTRYPOINT nor CMD/)

    assert.equal((await deploy({ image: empty, envProcess: 'cat' })).status, 202)
    const answer = await daemon.call('slip', { method: 'POST', body: 'hello' })
    assert.equal(await answer.text(), 'hello')
    await daemon.remove('slip')
  })

  it('is refused when a variable is larger than the kernel can take', async () => {
    const refused = await deploy({ envVars: { BIG: 'x'.repeat(128 * 1024) } })

    assert.equal(refused.status, 400)
    assert.match(await refused.text(), /envVars\.BIG.*kernel/)
  })

  it('is refused when a quantity is surely meant otherwise', async () => {
    for (const [limits, sentence] of [
      [{ memory: '64m' }, /limits\.memory: "64m" is in thousandths of a byte: write 64Mi/],
      [{ cpu: '500' }, /limits\.cpu: "500" is 500 cores, and this host has \d+: write "500m"/],
    ] as const) {
      const refused = await deploy({ limits })
      assert.equal(refused.status, 400)
      assert.match(await refused.text(), sentence)
    }
  })

  it('is told, and written down, what it does not get to the letter', async () => {
    const cpu = String(availableParallelism() + 1)
    const labels = { 'com.openfaas.scale.max': '100000', 'com.openfaas.scale.min': 'two' }

    const answer = await deploy({ limits: { cpu, memory: '2Mi' }, labels })

    assert.equal(answer.status, 202)
    const warning = answer.headers.get('warning') ?? ''
    assert.match(warning, /299 - "limits\.cpu: \\"\d+\\" is more than this host has, and becomes \d+"/)
    assert.match(warning, /limits\.memory: .* becomes 6Mi/)
    assert.match(warning, /scale\.max: 100000 is more than the 100 replicas/)
    assert.match(warning, /scale\.min: \\"two\\" is no whole number above 0, and counts as left out/)
    assert.match(await daemon.log(), /"msg":"audit".*"remarks":\["limits\.cpu: /)

    const scaled = await daemon.api('POST', '/system/scale-function/slip', {
      serviceName: 'slip',
      replicas: 0,
    })
    assert.equal(scaled.headers.get('warning'), null)
    await daemon.remove('slip')
  })

  it('a deployment with a mistake in its replicas is told of it', async () => {
    await daemon.deploy({ service: 'many', image, labels: { 'com.openfaas.scale.max': '2' } })

    const scaled = await daemon.api('POST', '/system/scale-function/many', {
      serviceName: 'many',
      replicas: 100_000,
    })

    assert.equal(scaled.status, 202)
    assert.match(
      scaled.headers.get('warning') ?? '',
      /replicas: 100000 is more than the function may have, and becomes 2/,
    )
    await daemon.remove('many')
  })

  it('does not keep an image of this host from being used that no registry has', async () => {
    const local = await plainImage('built-here', 'CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]')

    assert.equal((await deploy({ image: local })).status, 202)

    assert.match(await daemon.log(), /local image used: built on this host and never pushed/)
    assert.equal(await docker('inspect', '--format', '{{len .RepoDigests}}', local), '0')
    await daemon.remove('slip')
  })
})
