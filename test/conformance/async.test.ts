import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target } from './target.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

interface Received {
  readonly method: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

describe('http-api 9: calls for a queue', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  const received: Received[] = []
  const caller = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (part: string) => (body += part))
    request.on('end', () => {
      received.push({ method: request.method ?? '', headers: request.headers, body })
      response.end()
    })
  })

  before(async () => {
    caller.listen(0, '127.0.0.1')
    await once(caller, 'listening')
    target = await Target.open({
      SAMPAN_ASYNC: 'on',
      SAMPAN_CALLBACK_ALLOW: '127.0.0.1',
      SAMPAN_ASYNC_MAX_BODY: '1Mi',
      SAMPAN_ASYNC_MIN_WAIT: '50ms',
      SAMPAN_ASYNC_MAX_WAIT: '100ms',
    })
    const spec = {
      service: 'conform-env',
      image: target.image,
      envProcess: 'env',
      envVars: { cgi_headers: 'true' },
    }
    await target.expect(202, ['POST', '/system/functions', spec])
    const cat = { service: 'conform-cat', image: target.image, envProcess: 'cat' }
    await target.expect(202, ['POST', '/system/functions', cat])
  })
  after(async () => {
    caller.closeAllConnections()
    caller.close()
    for (const functionName of ['conform-env', 'conform-cat'])
      await target.ask('DELETE', '/system/functions', { functionName })
    await target.close()
  })

  /** What comes to the callback of a call. */
  async function called(
    rest: string,
    given: { readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
  ): Promise<Received> {
    const { port } = caller.address() as AddressInfo
    const url = { 'X-Callback-Url': `http://u:p@127.0.0.1:${port}/done` }
    const answer = await target.send('POST', `/async-function/${rest}`, {
      ...given,
      headers: { ...given.headers, ...url },
    })
    assert.equal(answer.status, 202, answer.text)
    const id = answer.headers['x-call-id']
    const mine = (): Received | undefined => received.find(({ headers }) => headers['x-call-id'] === id)
    await eventually(() => mine() !== undefined, 20_000, `${rest} is called back`)
    return mine() ?? assert.fail()
  }

  it('9, 9.1: a call is 202 and empty, with its id, its start and who took it', async () => {
    const answer = await target.send('POST', '/async-function/conform-cat', { body: 'hi' })

    assert.deepEqual([answer.status, answer.text], [202, ''])
    assert.match(String(answer.headers['x-call-id']), UUID)
    assert.match(String(answer.headers['x-start-time']), /^\d{19}$/)
    assert.match(String(answer.headers['x-served-by']), /^sampan\//)
    assert.equal(answer.headers['location'], `/system/async/calls/${String(answer.headers['x-call-id'])}`)
  })

  it('9.1: other methods are 405 and empty, but for what the function itself says to OPTIONS', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'HEAD']) {
      const answer = await target.send(method, '/async-function/conform-cat')
      assert.deepEqual([answer.status, answer.text], [405, ''])
    }
    const [later, now] = await Promise.all(
      ['async-function', 'function'].map((plane) => target.send('OPTIONS', `/${plane}/conform-cat`)),
    )
    assert.deepEqual([later?.status, later?.text], [now?.status, now?.text])
  })

  it('9.1: a function that does not exist is 404, which no reference does', async () => {
    assert.equal((await target.send('POST', '/async-function/nobody')).status, 404)
  })

  it('9.1, 18.3.12, 18.5.7: a body that is too large is 413, with limit and setting', async () => {
    const answer = await target.send('POST', '/async-function/conform-cat', { body: 'x'.repeat(1_048_577) })

    assert.deepEqual(
      [answer.status, answer.text],
      [413, 'the body is larger than 1048576 bytes, the most that SAMPAN_ASYNC_MAX_BODY allows\n'],
    )
  })

  it('9.1: a callback that is no URL, or leads where nobody may be sent, is 400 and names the header', async () => {
    for (const url of [
      'ht tp://x',
      'notaurl',
      'ftp://x/',
      'http://169.254.169.254/latest',
      `${target.url}/system/info`,
    ]) {
      const answer = await target.send('POST', '/async-function/conform-cat', {
        headers: { 'X-Callback-Url': url },
      })
      assert.deepEqual([url, answer.status], [url, 400])
      assert.match(answer.text, /X-Callback-Url/)
    }
  })

  it('9.3, 9.4, 18.5.6: the function gets path, query, id and headers as they were, and the caller its answer', async () => {
    const headers = { 'X-Call-Id': 'mine', 'X-Mine': 'kept', 'Content-Type': 'text/x' }

    const {
      method,
      headers: got,
      body,
    } = await called('conform-env/a%20b/c?x=1%262', { headers, body: 'hi' })

    const shown = (name: string): string | undefined => new RegExp(`^${name}=(.*)$`, 'm').exec(body)?.[1]
    assert.deepEqual([method, got['x-call-id'], got['x-function-status']], ['POST', 'mine', '200'])
    assert.deepEqual([got['x-function-name'], got['authorization']], ['conform-env', `Basic ${btoa('u:p')}`])
    assert.match(String(got['x-duration-seconds']), /^\d+\.\d{6}$/)
    assert.match(String(got['user-agent']), /-queue-worker\//)
    assert.equal(got['x-retry'], '0')
    assert.deepEqual(
      [
        'Http_Path',
        'Http_Query',
        'Http_X_Call_Id',
        'Http_X_Mine',
        'Http_Content_Type',
        'Http_X_Callback_Url',
      ].map(shown),
      ['/a b/c', 'x=1%262', 'mine', 'kept', 'text/x', undefined],
    )
  })

  it('18.5.9: only the execution of a queued call is counted', async () => {
    const calls = async (): Promise<number> => {
      const { text } = await target.metrics('GET', '/metrics')
      const line =
        /^gateway_function_invocation_total\{function_name="conform-cat\.openfaas-fn",code="200"\} (\d+)$/m
      return Number(line.exec(text)?.[1] ?? 0)
    }
    const before = await calls()

    await called('conform-cat', { body: 'counted' })

    assert.equal(await calls(), before + 1)
  })

  it('ours: a large body passes through a file unchanged, and so does a large answer', async () => {
    const text = 'sampan '.repeat(100_000)

    const { body } = await called('conform-cat', { body: text })

    assert.ok(body === text)
  })

  it('ours: a watchdog that has no room is asked again, and that is no attempt (A16)', async () => {
    const busy = {
      service: 'conform-busy',
      image: target.image,
      envProcess: 'sleep 0.1',
      envVars: { max_inflight: '1' },
      // Alone the queue keeps to the limit that it reads from this; others at work are what makes a replica refuse.
      annotations: { 'com.openfaas.retry.attempts': '1' },
    }
    await target.expect(202, ['POST', '/system/functions', busy])
    const direct = Array.from({ length: 3 }, () => target.send('POST', '/function/conform-busy'))

    const ids = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const { headers } = await target.send('POST', '/async-function/conform-busy')
        return String(headers['x-call-id'])
      }),
    )
    await Promise.all(direct)

    const states = async (): Promise<readonly string[]> => {
      const rows = await Promise.all(ids.map((id) => target.ask('GET', `/system/async/calls/${id}`)))
      return rows.map(({ text }) => (JSON.parse(text) as { state: string }[])[0]?.state ?? '')
    }
    await eventually(async () => (await states()).every((state) => state === 'succeeded'), 20_000)
    await target.ask('DELETE', '/system/functions', { functionName: 'conform-busy' })
  })

  it('ours: a callback to a function of this gateway is a call of it, also of the next in a chain', async () => {
    const { port } = caller.address() as AddressInfo
    const { port: own } = new URL(target.url)
    const last = encodeURIComponent(`http://127.0.0.1:${port}/chain`)
    const answer = await target.send('POST', '/async-function/conform-cat', {
      body: 'chained',
      headers: {
        'X-Callback-Url': `http://127.0.0.1:${own}/async-function/conform-env?next=${last}`,
        'X-Call-Id': 'chain',
      },
    })
    assert.equal(answer.status, 202)

    const listed = async (): Promise<readonly { readonly state: string }[]> => {
      const { text } = await target.ask('GET', '/system/async/calls/chain')
      return JSON.parse(text) as { state: string }[]
    }
    await eventually(
      async () => (await listed()).filter(({ state }) => state === 'succeeded').length === 2,
      20_000,
    )
  })
})
