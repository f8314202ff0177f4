import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'

const hello = functionName('hello')

async function deployed() {
  const test = testApp()
  await test.ask('POST', '/system/functions', { service: 'hello', image: 'a/b' })
  const say = (text: string, second = 0): void =>
    test.logs.add(hello, {
      timestamp: `2026-01-02T03:04:0${second}.123456789Z`,
      instance: 'abc123',
      text,
    })
  return { ...test, say }
}

describe('log history', () => {
  it('log history is one JSON object a line and ends', async () => {
    const { ask, say } = await deployed()
    say('one <&>')
    say('two')

    const response = await ask('GET', '/system/logs?name=hello&tail=-1&follow=false')

    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson')
    const lines = (await response.text()).split('\n')
    assert.deepEqual(JSON.parse(lines[0] ?? ''), {
      name: 'hello',
      namespace: 'openfaas-fn',
      instance: 'abc123',
      timestamp: '2026-01-02T03:04:00.123456789Z',
      text: 'one <&>',
    })
    assert.equal(lines.length, 3)
    assert.equal(lines[2], '')
  })

  it('log history is empty for a silent function', async () => {
    const { ask } = await deployed()

    const response = await ask('GET', '/system/logs?name=hello')

    assert.equal(response.status, 200)
    assert.equal(await response.text(), '')
  })

  it('begins at since and keeps to tail and instance', async () => {
    const { ask, say } = await deployed()
    for (const second of [0, 1, 2, 3]) say(`line ${second}`, second)
    const texts = async (query: string): Promise<string[]> => {
      const body = await (await ask('GET', `/system/logs?name=hello&${query}`)).text()
      return body
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { text: string }).text)
    }

    assert.deepEqual(await texts('tail=1'), ['line 3'])
    assert.deepEqual(await texts('since=2026-01-02T03:04:02Z'), ['line 2', 'line 3'])
    assert.deepEqual(await texts('since=2026-01-02T04:04:03.1%2B01:00'), ['line 3'])
    assert.deepEqual(await texts('since=2026-01-02T04:04:03+01:00'), ['line 3'])
    assert.deepEqual(await texts('instance=abc'), ['line 0', 'line 1', 'line 2', 'line 3'])
    assert.deepEqual(await texts('instance=xyz'), [])
    assert.deepEqual(await texts('tail=9&tail=2'), ['line 2', 'line 3'])
  })

  it('a question for logs that makes no sense is answered with what is wrong in it', async () => {
    const { ask } = await deployed()

    assert.equal((await ask('GET', '/system/logs')).status, 400)
    assert.equal((await ask('GET', '/system/logs?name=nobody')).status, 404)
    assert.equal((await ask('GET', '/system/logs?name=hello&namespace=nowhere')).status, 404)
    assert.equal((await ask('GET', '/system/logs?name=hello&tail=many')).status, 422)
    assert.equal((await ask('GET', '/system/logs?name=hello&since=yesterday')).status, 422)
    assert.equal((await ask('GET', '/system/logs?name=hello&since=2026-13-02T00:00:00Z')).status, 422)
    assert.equal((await ask('GET', '/system/logs?name=hello&follow=maybe')).status, 200)
  })
})

describe('following logs', () => {
  async function follow(test: Awaited<ReturnType<typeof deployed>>) {
    const left = new AbortController()
    const request = new Request('http://a/system/logs?name=hello&follow=1', {
      headers: { Authorization: ADMIN },
      signal: left.signal,
    })
    const response = await test.app.fetch(request, { stopping: test.stopping.signal })
    const reader = response.body?.getReader()
    const next = async (): Promise<string> => Buffer.from((await reader?.read())?.value ?? []).toString()
    return { response, next, left }
  }

  it('answers before the first line and passes each on', async () => {
    const test = await deployed()
    const { response, next } = await follow(test)
    assert.equal(response.status, 200)

    const first = next()
    test.say('one')
    assert.match(await first, /"one"/)
    const second = next()
    test.say('two')
    assert.match(await second, /"two"/)
    test.stopping.abort()
  })

  it('passes on in one piece what is there at once', async () => {
    const test = await deployed()
    for (let line = 0; line < 100; line += 1) test.say(`line ${line}`)
    const { next } = await follow(test)

    assert.equal((await next()).split('\n').length, 101)
    test.stopping.abort()
  })

  it('leaves nothing behind on the signal of the daemon', async () => {
    const test = await deployed()
    const { left, next } = await follow(test)
    assert.equal(getEventListeners(test.stopping.signal, 'abort').length, 1)

    const end = next()
    left.abort()
    await end

    assert.equal(getEventListeners(test.stopping.signal, 'abort').length, 0)
  })

  it('ends when the client leaves or the daemon stops', async () => {
    const test = await deployed()
    const client = await follow(test)
    const other = await follow(test)

    const clientEnd = client.next()
    client.left.abort()
    assert.equal(await clientEnd, '')
    const otherEnd = other.next()
    test.stopping.abort()
    assert.equal(await otherEnd, '')
  })
})
