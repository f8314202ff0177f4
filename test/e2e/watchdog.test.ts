import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { deployShell, shell } from './shell-function.ts'

const ANNOTATION = 'com.sampan.watchdog'
const OURS = '/usr/bin/fwatchdog'

describe('the annotation com.sampan.watchdog', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
  })
  after(() => daemon[Symbol.asyncDispose]())

  it('replace: an image with a classic watchdog answers the same with ours as process 1', async () => {
    await deployShell(daemon, { service: 'theirs' }, 'upstream-classic')
    await deployShell(
      daemon,
      { service: 'ours', annotations: { [ANNOTATION]: 'replace' } },
      'upstream-classic',
    )
    const script =
      'busybox readlink /proc/1/exe; env | busybox grep -E "^(Http_Method|Http_Path|fprocess)="; cat'

    const [theirs, ours] = await Promise.all(['theirs', 'ours'].map((fn) => shell(daemon, fn, script)))

    assert.equal(ours, theirs)
    assert.match(ours ?? '', /Http_Method=POST/)
    assert.ok(await hasOurWatchdog(daemon, 'ours'))
    assert.equal(await inspect(daemon, 'theirs', '{{len .Mounts}}'), '0')
    assert.deepEqual(await commandOf(daemon, 'ours'), [OURS])
  })

  it('replace: an image with a watchdog in http mode does too', async () => {
    const image = await testImage('upstream-http')
    await daemon.deploy({ service: 'http-theirs', image })
    await daemon.deploy({ service: 'http-ours', image, annotations: { [ANNOTATION]: 'replace' } })
    // Theirs says it is healthy before its process listens, and answers 500 until then (watchdog.md 5.2).
    await eventually(async () => (await daemon.call('http-theirs')).status === 200)
    const ask = async (fn: string) => {
      const answer = await daemon.call(`${fn}/a%2Fb?x=1`, { method: 'PUT', body: 'hello' })
      const { method, uri, body, contentLength } = (await answer.json()) as Record<string, unknown>
      return { status: answer.status, method, uri, body, contentLength }
    }

    const [theirs, ours] = await Promise.all(['http-theirs', 'http-ours'].map(ask))

    assert.deepEqual(ours, { status: 200, method: 'PUT', uri: '/a%2Fb?x=1', body: 'hello', contentLength: 5 })
    assert.deepEqual({ ...ours, contentLength: theirs?.contentLength }, theirs)
    assert.ok(await hasOurWatchdog(daemon, 'http-ours'))
    assert.deepEqual(await commandOf(daemon, 'http-ours'), [OURS])
  })

  it('replace: an image without a watchdog is refused', async () => {
    const body = { service: 'no', image: await testImage('plain'), annotations: { [ANNOTATION]: 'replace' } }

    const answer = await daemon.api('POST', '/system/functions', body)

    assert.equal(answer.status, 400)
    assert.match(await answer.text(), /no watchdog to replace/)
  })

  it("inject: the image's own command becomes the process, for each call", async () => {
    const annotations = { [ANNOTATION]: 'inject' }
    await daemon.deploy({ service: 'fork', image: await testImage('plain'), annotations })

    assert.equal(await shell(daemon, 'fork', 'busybox readlink /proc/1/exe'), `${OURS}\n`)
    assert.deepEqual(await commandOf(daemon, 'fork'), [OURS, '--', '/bin/sh'])
  })

  it("inject: the image's own server becomes the process, with the mode in the environment", async () => {
    const behind = '127.0.0.1:8082'
    const envVars = { mode: 'http', FN_LISTEN: behind, upstream_url: `http://${behind}` }
    const annotations = { [ANNOTATION]: 'inject' }
    await daemon.deploy({ service: 'served', image: await testImage('fn'), envVars, annotations })

    const answer = await daemon.call('served/id')

    assert.equal(answer.status, 200)
    assert.notEqual(((await answer.json()) as { pid: number }).pid, 1)
    assert.deepEqual(await commandOf(daemon, 'served'), [OURS, '--', '/fn'])
  })

  it('the annotation com.sampan.watchdog with none has the image run as it is, though the deployment names a process', async () => {
    const annotations = { [ANNOTATION]: 'none' }
    await daemon.deploy({ service: 'bare', image: await testImage('fn'), envProcess: 'cat', annotations })

    assert.equal((await daemon.call('bare/id')).status, 200)
    assert.deepEqual(await commandOf(daemon, 'bare'), ['/fn'])
    assert.equal(await inspect(daemon, 'bare', '{{len .Mounts}}'), '0')
  })
})

/** The container's command line: its first word is process 1. */
async function commandOf(daemon: DaemonProcess, fn: string): Promise<readonly string[]> {
  const line = await inspect(daemon, fn, '{{json .Path}} {{json .Args}}')
  const [path = '', args = ''] = line.split(/ (.*)/s)
  return [JSON.parse(path) as string, ...(JSON.parse(args) as string[])]
}

/** Whether the file that the image calls its watchdog is ours there. */
async function hasOurWatchdog(daemon: DaemonProcess, fn: string): Promise<boolean> {
  const [id = ''] = await daemon.containersOf(fn)
  return (await docker('exec', id, OURS, '--version')).startsWith('fwatchdog ')
}

async function inspect(daemon: DaemonProcess, fn: string, format: string): Promise<string> {
  const [id = ''] = await daemon.containersOf(fn)
  return await docker('inspect', '--format', format, id)
}
