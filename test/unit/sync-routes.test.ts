import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tarEnd, tarHead, tarPadding, type TarKind } from '../../src/core/tar.ts'
import { ADMIN, testApp, type TestApp } from '../fakes/test-app.ts'

const SYNC = '/system/function/hello/sync'
const DEV = { 'com.sampan.dev': '/home/app/function' }

async function appWith(change: object = {}): Promise<TestApp> {
  const test = testApp()
  const answer = await test.ask('POST', '/system/functions', {
    service: 'hello',
    image: 'example/hello:1',
    annotations: DEV,
    ...change,
  })
  assert.equal(answer.status, 202)
  return test
}

function link(path: string, kind: TarKind, target: string): Uint8Array {
  return tarHead({ path, kind, mode: 0o644, bytes: 0, target })
}

function tarFile(path: string, text: string): Uint8Array {
  const head = tarHead({ path, kind: 'file', mode: 0o644, bytes: text.length, target: '' })
  return Buffer.concat([head, Buffer.from(text), new Uint8Array(tarPadding(text.length))])
}

interface To {
  readonly path?: string
  readonly authorization?: string
}

async function send(test: TestApp, parts: readonly Uint8Array[], to: To = {}) {
  const { path = SYNC, authorization = ADMIN } = to
  const headers = { Authorization: authorization }
  const body = Buffer.concat([...parts, tarEnd()])
  const answer = await test.app.request(path, { method: 'POST', headers, body })
  return { status: answer.status, text: await answer.text() }
}

describe('a change of files, over the API', () => {
  it('reaches the folder of the annotation: files, folders, and what is removed', async () => {
    const test = await appWith()

    const { status, text } = await send(test, [
      link('lib', 'folder', ''),
      tarFile('lib/a.js', 'one'),
      tarFile('./b.js', 'two'),
      tarFile('lib/.wh.old.js', ''),
      tarFile('.wh.gone', ''),
    ])

    assert.deepEqual(
      [status, JSON.parse(text)],
      [200, { replica: test.provider.replicas('hello.openfaas-fn' as never)[0]?.id }],
    )
    const [{ folder, changes } = assert.fail('nothing was changed')] = test.provider.fileChanges
    assert.equal(folder, '/home/app/function')
    assert.deepEqual(
      changes.files.map((file) => [file.path, file.kind, Buffer.from(file.content).toString()]),
      [
        ['lib', 'folder', ''],
        ['lib/a.js', 'file', 'one'],
        ['b.js', 'file', 'two'],
      ],
    )
    assert.deepEqual(changes.removed, ['lib/old.js', 'gone'])
  })

  it('is one line of the audit', async () => {
    const test = await appWith()

    await send(test, [tarFile('a', 'x')])

    const [, line] = test.log.lines.filter(({ message }) => message === 'audit')
    assert.deepEqual(
      [line?.fields['action'], line?.fields['subject'], line?.fields['user'], line?.fields['status']],
      ['POST /system/function/sync', 'hello.openfaas-fn', 'admin', 200],
    )
  })

  it('needs credentials', async () => {
    const test = await appWith()

    assert.equal((await send(test, [tarFile('a', 'x')], { authorization: '' })).status, 401)
    assert.deepEqual(test.provider.fileChanges, [])
  })

  it('is refused where it leads out of the folder, or is a link', async () => {
    const test = await appWith()
    const bad = [
      tarFile('../a', 'x'),
      tarFile('/etc/passwd', 'x'),
      tarFile('a/../../b', 'x'),
      link('a', 'symlink', '/etc'),
      link('a', 'hardlink', 'b'),
      tarFile('lib/.wh..', ''),
      tarFile('.wh..wh..opq', ''),
    ]

    for (const part of bad) assert.equal((await send(test, [part])).status, 400)
    assert.equal((await send(test, [])).status, 400)
    assert.deepEqual(test.provider.fileChanges, [])
  })

  it('is bounded in bytes, in files and in removals', async () => {
    const test = await appWith()
    const many = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, at) => tarFile(`${prefix}${at}`, ''))

    const bodies = [[tarFile('a', 'x'.repeat(9 * 2 ** 20))], many(2_001, 'f'), many(101, '.wh.f')]
    for (const parts of bodies) {
      const { status, text } = await send(test, parts)
      assert.equal(status, 413)
      assert.match(text, /fixed limit; build it anew/)
    }
  })

  const refusals: readonly (readonly [string, object, RegExp])[] = [
    [
      'is deployed for good',
      { annotations: {} },
      /is no deployment of "sampan dev".*runs what its image has/,
    ],
    ['is compiled', { annotations: { 'com.sampan.dev': 'rebuild' } }, /built anew for each change/],
    ['has a read-only root', { readOnlyRootFilesystem: true }, /read-only \(readOnlyRootFilesystem\)/],
  ]
  for (const [what, change, words] of refusals)
    it(`is refused for a function that ${what}`, async () => {
      const { status, text } = await send(await appWith(change), [tarFile('a', 'x')])

      assert.equal(status, 409)
      assert.match(text, words)
    })

  it('is refused for one that is scaled to zero, and for one that is not there', async () => {
    const test = await appWith()
    await test.ask('POST', '/system/scale-function/hello', { serviceName: 'hello', replicas: 0 })

    const { status, text } = await send(test, [tarFile('a', 'x')])

    assert.deepEqual([status, /it has 0 replicas.*scale it to 1/.test(text)], [409, true])
    assert.equal(
      (await send(test, [tarFile('a', 'x')], { path: '/system/function/nobody/sync' })).status,
      404,
    )
  })
})
