import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { sealedFile } from '../../src/cli/sealing/sealed-file.ts'
import { eventually } from '../fakes/eventually.ts'
import { type BuildLine, linesIn, payload, type PayloadOptions } from '../fixtures/build-payload.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

const SECRET = 'a payload secret that nobody knows'

describe('images from source', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let plain: string
  let credentials: string
  const made: string[] = []

  before(async () => {
    plain = await testImage('plain')
    daemon = await DaemonProcess.start({
      SAMPAN_BUILD_SECRET: SECRET,
      SAMPAN_BUILD_IMAGES_HIGH: '0',
      SAMPAN_BUILD_IMAGES_LOW: '0',
    })
    credentials = await daemon.authorization()
  })
  after(async () => {
    await daemon[Symbol.asyncDispose]()
    if (made.length > 0) await docker('rmi', '--force', ...new Set(made)).catch(() => undefined)
  })

  const send = (body: Uint8Array, init: RequestInit = {}): Promise<Response> =>
    fetch(`${daemon.url}/build`, {
      method: 'POST',
      headers: { Authorization: credentials },
      body,
      ...init,
    })

  const build = async (image: string, dockerfile: string, options?: PayloadOptions): Promise<BuildLine> => {
    const answer = await send(payload(image, dockerfile, options))
    assert.equal(answer.status, 200, answer.status === 200 ? '' : await answer.text())
    assert.equal(answer.headers.get('content-type'), 'application/x-ndjson')
    const lines = linesIn(await answer.text())
    const last = lines.at(-1)
    assert.ok(last)
    if (last.id !== undefined) made.push(last.id)
    return { ...last, log: lines.flatMap(({ log }) => log) }
  }

  const contexts = (): Promise<string[]> => readdir(join(daemon.dataDir, 'builds', 'contexts'))

  it('a Dockerfile becomes an image, which is deployed by its id and answers', async () => {
    const dockerfile = `FROM ${plain}\nARG WORD\nRUN echo "said $WORD" > /said\nCOPY more/ /more/\n`
    const built = await build('sampan-built/first:1', dockerfile, {
      buildArgs: { WORD: 'hello' },
      files: { 'more/file': 'text' },
    })

    assert.equal(built.status, 'success')
    assert.equal(built.image, 'sampan-built/first:1')
    assert.match(built.log.join('\n'), /RUN echo/)
    await daemon.deploy({ service: 'built', image: built.id ?? '', envProcess: 'cat /said /more/file' })
    assert.equal(await (await daemon.call('built')).text(), 'said hello\ntext')
    assert.deepEqual(await contexts(), [])
  })

  it('a build that fails says so in its last line, with the words of the step', async () => {
    const built = await build('sampan-built/fails', `FROM ${plain}\nRUN echo sorry && exit 3\n`)

    assert.equal(built.status, 'failed')
    assert.match(built.error ?? '', /exit code: 3|returned a non-zero code: 3/)
    assert.match(built.log.join('\n'), /sorry/)
    assert.deepEqual(await contexts(), [])
  })

  it('secrets that are sealed for /publickey reach a step and no layer', async () => {
    const answer = await fetch(`${daemon.url}/publickey`)
    const { public_key: key, algorithm } = (await answer.json()) as Record<string, string>
    assert.equal(algorithm, 'nacl/box')
    const secrets = await sealedFile(Buffer.from(key ?? '', 'base64'), { token: Buffer.from('quiet') })

    const built = await build(
      'sampan-built/secret:1',
      `FROM ${plain}\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token > /length && ls /run/secrets > /left || true\n`,
      { secrets },
    )

    assert.equal(built.status, 'success', built.error)
    await daemon.deploy({ service: 'sealed', image: built.id ?? '', envProcess: 'cat /length' })
    assert.equal((await (await daemon.call('sealed')).text()).trim(), '5')
    const history = await docker('history', '--no-trunc', built.id ?? '')
    assert.doesNotMatch(history, /quiet/)
  })

  it('a signature stands in for credentials; a wrong one, and none, does not', async () => {
    const body = payload('sampan-built/signed', `FROM ${plain}\n`)
    const signed = (key: string): RequestInit => ({
      headers: { 'X-Build-Signature': `sha256=${createHmac('sha256', key).update(body).digest('hex')}` },
    })

    const right = await send(body, signed(SECRET))
    assert.equal(right.status, 200)
    const last = linesIn(await right.text()).at(-1)
    made.push(last?.id ?? '')
    assert.equal(last?.status, 'success')
    assert.equal((await send(body, signed('another secret'))).status, 401)
    assert.equal((await send(body, { headers: {} })).status, 401)
    assert.match(await daemon.log(), /"action":"POST \/build","subject":"sampan-built\/signed:latest"/)
  })

  it('one build of an image at a time; a client that leaves ends its own', async () => {
    const dockerfile = `FROM ${plain}\nRUN echo begun && sleep 600\n`
    const leaving = new AbortController()
    const first = await send(payload('sampan-built/slow:a', dockerfile), { signal: leaving.signal })
    const reader = first.body?.getReader()
    assert.ok(reader)
    await reader.read()

    const second = await send(payload('sampan-built/slow:b', dockerfile))
    assert.equal(second.status, 409)
    assert.match(await second.text(), /a build of docker.io\/sampan-built\/slow is under way/)

    leaving.abort()
    await eventually(async () => (await contexts()).length === 0, 20_000, 'the build ended with its client')
    const third = await build('sampan-built/slow:c', `FROM ${plain}\n`)
    assert.equal(third.status, 'success')
  })

  it('what a daemon that was killed left is gone, and the image can be built', async () => {
    const first = await send(payload('sampan-built/killed', `FROM ${plain}\nRUN sleep 600\n`))
    await first.body?.getReader().read()
    await daemon.end('SIGKILL')
    await daemon.launch()
    await daemon.whenHealthy()

    assert.deepEqual(await contexts(), [])
    assert.equal((await build('sampan-built/killed', `FROM ${plain}\n`)).status, 'success')
  })

  it('images that nothing uses go when their hour is over; those of functions, and of others, stay', async () => {
    const unused = await build('sampan-built/unused', `FROM ${plain}\nRUN echo unused > /a\n`)
    const used = await build('sampan-built/used', `FROM ${plain}\nRUN echo used > /a\n`)
    await daemon.deploy({ service: 'uses', image: used.id ?? '', envProcess: 'cat /a' })
    const book = join(daemon.dataDir, 'builds', 'images.json')
    const ids = Object.keys(JSON.parse(await readFile(book, 'utf8')) as object)
    await daemon.end('SIGTERM')
    await writeFile(book, JSON.stringify(Object.fromEntries(ids.map((id) => [id, 0]))))
    await daemon.launch()
    await daemon.whenHealthy()

    await build('sampan-built/last', `FROM ${plain}\nRUN echo last > /a\n`)

    const has = async (id = ''): Promise<boolean> =>
      docker('image', 'inspect', id).then(
        () => true,
        () => false,
      )
    await eventually(async () => !(await has(unused.id)), 20_000, 'the unused image is gone')
    assert.equal(await has(used.id), true)
    assert.equal(await has(plain), true)
  })
})
