import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../fakes/test-app.ts'

describe('secrets', () => {
  it('secrets are listed by name, never by value', async () => {
    const { ask } = testApp()
    assert.equal(await (await ask('GET', '/system/secrets')).text(), '[]')
    await ask('POST', '/system/secrets', { name: 'key', value: 'hunter2' })

    const response = await ask('GET', '/system/secrets')

    assert.equal(response.headers.get('content-type'), 'application/json')
    assert.deepEqual(await response.json(), [{ name: 'key', namespace: 'openfaas-fn' }])
  })

  it('secrets take the exact bytes of rawValue before the text of value', async () => {
    const { ask, secrets } = testApp()
    const bytes = Buffer.from([0, 255, 10, 13])

    await ask('POST', '/system/secrets', {
      name: 'raw',
      rawValue: bytes.toString('base64'),
      value: 'trimmed',
    })
    await ask('POST', '/system/secrets', { name: 'text', rawValue: '', value: ' líne\n' })

    assert.deepEqual(secrets.values.get('openfaas-fn/raw'), bytes)
    assert.deepEqual(secrets.values.get('openfaas-fn/text'), Buffer.from(' líne\n'))
  })

  it('secrets are created once, then changed and removed', async () => {
    const { ask, secrets } = testApp()
    const secret = { name: 'key', value: 'a' }

    assert.equal((await ask('PUT', '/system/secrets', secret)).status, 404)
    assert.equal((await ask('POST', '/system/secrets', secret)).status, 202)
    assert.equal((await ask('POST', '/system/secrets', secret)).status, 409)
    assert.equal((await ask('PUT', '/system/secrets', { ...secret, value: 'b' })).status, 202)
    assert.equal(secrets.values.get('openfaas-fn/key')?.toString(), 'b')
    assert.equal((await ask('DELETE', '/system/secrets', { name: 'key' })).status, 202)
    assert.equal((await ask('DELETE', '/system/secrets', { name: 'key' })).status, 404)
  })

  it('secrets take their namespace from body or query', async () => {
    const { ask, secrets } = testApp()

    await ask('POST', '/system/secrets?namespace=dev', { name: 'a', value: '1' })
    await ask('POST', '/system/secrets?namespace=dev', { name: 'b', value: '1', namespace: 'prod' })

    assert.deepEqual([...secrets.values.keys()], ['dev/a', 'prod/b'])
  })

  it('secrets refuse what is wrong without repeating a value', async () => {
    const { ask } = testApp()
    const wrong = [
      { value: 'hunter2' },
      { name: '../up', value: 'hunter2' },
      { name: 'a/b', value: 'hunter2' },
      { name: 'Upper', value: 'hunter2' },
      { name: 'key', rawValue: 'hunter2!' },
      { name: 'key', rawValue: 'aGk' },
      { name: 'key', rawValue: 'a===' },
      { name: 'key', value: ['hunter2'] },
      { name: 'key', value: 'hunter2', namespace: 'No_Such' },
    ]
    for (const body of wrong) {
      const response = await ask('POST', '/system/secrets', body)

      assert.equal(response.status, 400, JSON.stringify(body))
      assert.doesNotMatch(await response.text(), /hunter2/)
    }
  })

  it('have at most 1 MiB, however JSON spells it', async () => {
    const { ask, secrets } = testApp()
    const rawValue = Buffer.alloc(1024 * 1024, 7).toString('base64')
    const escaped = `{"name":"text","value":"${'\\u0007'.repeat(1024 * 1024)}"}`

    assert.equal((await ask('POST', '/system/secrets', { name: 'raw', rawValue })).status, 202)
    assert.equal((await ask('POST', '/system/secrets', escaped)).status, 202)

    assert.equal(secrets.values.get('openfaas-fn/raw')?.length, 1024 * 1024)
    assert.deepEqual(secrets.values.get('openfaas-fn/text'), secrets.values.get('openfaas-fn/raw'))
  })

  it('say their limit when they are larger, in the value and in the body', async () => {
    const { ask } = testApp()

    for (const [bytes, status] of [
      [1024 * 1024 + 1, 400],
      [4_000_000, 400],
      [9_000_000, 413],
    ] as const) {
      const response = await ask('POST', '/system/secrets', { name: 'big', value: 'x'.repeat(bytes) })

      assert.equal(response.status, status)
      assert.match(await response.text(), /^(value|body): .*at most 1048576 .*1 MiB/)
    }
  })

  it('are refused without a value, by the name of the field', async () => {
    const { ask, secrets } = testApp()
    await ask('POST', '/system/secrets', { name: 'kept', value: 'old' })

    for (const nothing of [
      {},
      { value: '' },
      { value: null },
      { rawValue: '' },
      { value: '', rawValue: '' },
    ]) {
      const created = await ask('POST', '/system/secrets', { name: 'empty', ...nothing })
      const updated = await ask('PUT', '/system/secrets', { name: 'kept', ...nothing })

      assert.deepEqual([created.status, updated.status], [400, 400])
      assert.match(await created.text(), /^value: is missing or empty.*rawValue/)
    }
    assert.deepEqual([...secrets.values], [['openfaas-fn/kept', Buffer.from('old')]])
  })

  it('secrets leave their names, and nothing else, in the audit', async () => {
    const { ask, log } = testApp()

    await ask('POST', '/system/secrets', { name: 'key', value: 'hunter2' })

    assert.equal(log.named('audit')[0]?.fields['subject'], 'openfaas-fn/key')
    assert.doesNotMatch(JSON.stringify(log.lines), /hunter2/)
  })
})
