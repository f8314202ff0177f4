import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

describe('namespace', () => {
  it('18.4.52: creates and updates with the mark of OpenFaaS, keys in order', async () => {
    await using rig = await CliRig.start()
    rig.reply('POST', '/system/namespace/', { status: 201 })
    rig.reply('PUT', '/system/namespace/dev', { status: 202 })

    const created = await rig.run(['namespace', 'create', 'dev', '-l', 'team=a', '--annotation', 'z=1=2'])
    const updated = await rig.run(['ns', 'update', 'dev'])

    assert.deepEqual([created.stdout, updated.stdout], ['Namespace dev created\n', 'Namespace dev updated\n'])
    assert.deepEqual(rig.asked, ['POST /system/namespace/', 'PUT /system/namespace/dev'])
    assert.deepEqual(
      rig.requests.map(({ body }) => body.toString('utf8')),
      [
        '{"name":"dev","annotations":{"openfaas":"1","z":"1=2"},"labels":{"openfaas":"1","team":"a"}}',
        '{"name":"dev","annotations":{"openfaas":"1"},"labels":{"openfaas":"1"}}',
      ],
    )
  })

  it('18.4.52: shows a single label, too', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/namespace/dev', { body: '{"name":"dev","labels":{"b":"2"},"annotations":{}}' })

    const { stdout } = await rig.run(['namespace', 'get', 'dev'])
    const json = await rig.run(['namespace', 'get', 'dev', '-j'])

    assert.equal(stdout, 'Name:        dev\nLabels:      b: 2\n')
    assert.equal((JSON.parse(json.stdout) as { name: string }).name, 'dev')
  })

  it('18.4.52: lists, also by its old name', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/namespaces', { body: '["openfaas-fn","dev"]' })

    for (const words of [['namespace', 'list'], ['ns', 'ls', '-k', 'token'], ['namespaces']])
      assert.equal((await rig.run(words)).stdout, 'Namespaces:\n - openfaas-fn\n - dev\n')
    assert.equal((await rig.run(['ns', 'ls', '-j'])).stdout, '[\n  "openfaas-fn",\n  "dev"\n]\n')
    assert.equal(rig.requests[1]?.headers.authorization, 'Bearer token')
    assert.doesNotMatch((await rig.run([])).stdout, /namespaces {2}/)
  })

  it('18.4.52: an empty answer is an empty list, a page is an error', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/namespaces', {}, { body: '<html>' }, { status: 401 })

    const [empty, page, unauthorized] = [
      await rig.run(['namespace', 'list']),
      await rig.run(['namespace', 'list']),
      await rig.run(['namespace', 'list']),
    ]

    assert.deepEqual([empty.status, empty.stdout], [0, 'Namespaces:\n'])
    assert.match(page.stderr, /is no list of namespaces: <html>/)
    assert.match(unauthorized.stderr, /Run: sampan login/)
  })

  it('18.4.52: removes; fails for what is not there', async () => {
    await using rig = await CliRig.start()
    rig.reply(
      'DELETE',
      '/system/namespace/dev',
      { status: 202 },
      { status: 404 },
      { status: 409, body: 'not empty' },
    )
    const remove = ['namespace', 'rm', 'dev']

    const [first, second, third] = [await rig.run(remove), await rig.run(remove), await rig.run(remove)]

    assert.deepEqual([first.status, second.status, third.status], [0, 1, 1])
    assert.equal(rig.requests[0]?.body.toString('utf8'), '{"name":"dev","labels":{"openfaas":"1"}}')
    assert.match(second.stderr, /^Namespace dev not found\n/)
    assert.match(third.stderr, /409 - not empty/)
  })

  it('completes the names that the gateway knows, asked with what the command line says', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/namespaces', { body: '["openfaas-fn","dev"]' })
    rig.reply('GET', '/system/secrets', { body: '[{"name":"pw"},{"name":"key"}]' })
    const env = { OPENFAAS_URL: 'http://127.0.0.1:1' }
    const at = ['-g', rig.url, '--token=t']

    const names = await rig.run(['__complete', 'ns', 'rm', ...at, ''], { env })
    const secrets = await rig.run(['__complete', 'secret', 'update', '-n', 'dev', ...at, 'p'], { env })
    const flag = await rig.run(['__complete', 'secret', 'update', ...at, '-n', 'd'], { env })
    const away = await rig.run(['__complete', 'secret', 'update', ''], { env })

    assert.deepEqual(
      [names, secrets, flag, away].map(({ stdout }) => stdout),
      ['openfaas-fn\ndev\n:4\n', 'pw\n:4\n', 'dev\n:4\n', ':4\n'],
    )
    assert.equal(rig.asked[1], 'GET /system/secrets?namespace=dev')
    assert.equal(rig.requests[0]?.headers.authorization, 'Bearer t')
  })
})
