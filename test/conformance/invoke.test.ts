import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Random } from '../integration/random.ts'
import { Target, type Answer } from './target.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

describe(
  'http-api 7 and 8: calls, seen through a function that shows its environment',
  { skip: await skipWithoutDocker() },
  () => {
    let target: Target
    before(async () => {
      target = await Target.open()
      await target.ask('DELETE', '/system/functions', { functionName: 'conform-env' })
      const spec = {
        service: 'conform-env',
        image: target.image,
        envProcess: 'env',
        envVars: { cgi_headers: 'true' },
      }
      await target.expect(202, ['POST', '/system/functions', spec])
    })
    after(async () => {
      await target.ask('DELETE', '/system/functions', { functionName: 'conform-env' })
      await target.close()
    })

    const call = (
      method = 'POST',
      rest = '',
      headers: Readonly<Record<string, string>> = {},
    ): Promise<Answer> => target.send(method, `/function/conform-env${rest}`, { headers })
    const shown = (answer: Answer, name: string): string | undefined =>
      new RegExp(`^${name}=(.*)$`, 'm').exec(answer.text)?.[1]

    it('7.1: GET, POST, PUT, PATCH and DELETE reach the function', async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const answer = await call(method)
        assert.deepEqual([answer.status, shown(answer, 'Http_Method')], [200, method])
      }
    })

    it('7.1: other methods are 405 and empty', async () => {
      for (const method of ['TRACE', 'PROPFIND']) {
        const answer = await call(method)
        assert.deepEqual([answer.status, answer.text], [405, ''])
      }
    })

    it('7.2, 18.4.8: a call gets an id, its start time and who served it, both ways', async () => {
      const answer = await call()

      assert.match(String(answer.headers['x-call-id']), UUID)
      assert.match(String(answer.headers['x-start-time']), /^\d{19}$/)
      assert.ok(answer.headers['x-served-by'])
      assert.equal(shown(answer, 'Http_X_Call_Id'), answer.headers['x-call-id'])
      assert.equal(shown(answer, 'Http_X_Start_Time'), answer.headers['x-start-time'])
    })

    it('7.2, 18.5.10: an id of the client is kept and echoed', async () => {
      const answer = await call('POST', '', { 'X-Call-Id': 'mine' })

      assert.deepEqual([answer.headers['x-call-id'], shown(answer, 'Http_X_Call_Id')], ['mine', 'mine'])
    })

    it('7.2: forwarded host and address are added only when absent', async () => {
      const added = await call()
      const given = await call('POST', '', {
        'X-Forwarded-For': '192.0.2.1',
        'X-Forwarded-Host': 'a.example',
      })

      assert.match(shown(added, 'Http_X_Forwarded_For') ?? '', /^(?:\d+\.\d+\.\d+\.\d+|[\da-f:]+)$/)
      assert.equal(shown(added, 'Http_X_Forwarded_Host'), new URL(target.url).host)
      assert.equal(shown(given, 'Http_X_Forwarded_For'), '192.0.2.1')
      assert.equal(shown(given, 'Http_X_Forwarded_Host'), 'a.example')
    })

    it('2: the credentials of the caller reach the function', async () => {
      assert.equal(
        shown(await call('POST', '', { Authorization: 'Bearer abc' }), 'Http_Authorization'),
        'Bearer abc',
      )
    })

    it('2: the credentials of the API do not reach a function', async () => {
      const answer = await call('POST', '', { Authorization: target.authorization, 'X-Kept': '1' })

      assert.deepEqual([shown(answer, 'Http_Authorization'), shown(answer, 'Http_X_Kept')], [undefined, '1'])
    })

    it('7.4: names with underscores or dots do not arrive', async () => {
      const answer = await call('POST', '', { X_Forwarded_For: '6.6.6.6', 'X.Forwarded.For': '6.6.6.6' })

      assert.ok(!answer.text.includes('6.6.6.6'))
    })

    it('7.2: the hops of a call are counted, and above 16 it is 508', async () => {
      const hops = (given: string): Promise<Answer> => call('POST', '', { 'X-Sampan-Hops': given })

      assert.equal(shown(await call(), 'Http_X_Sampan_Hops'), '1')
      assert.equal(shown(await hops('15'), 'Http_X_Sampan_Hops'), '16')
      assert.deepEqual([(await hops('16')).status, (await hops('many')).status], [508, 400])
    })

    it('7.3: the query arrives byte for byte', async () => {
      for (const query of ['a=1&a=2', 'x=%2F%00+%C3%A9', 'weird=;|[]{}', 'a?b?c']) {
        assert.equal(shown(await call('GET', `?${query}`), 'Http_Query'), query)
      }
    })

    it('7.3, 18.3.2: whatever path comes in behind the name comes out unchanged', async () => {
      const random = new Random(7)
      // Neither empty nor dot segments: the watchdog of the image cleans those with a redirect of its own.
      const pieces = [
        'a',
        'Z9',
        '...',
        '%20',
        'a%2Fb',
        '%3F',
        '%25',
        '~',
        ':',
        '@',
        ';',
        '=',
        ',',
        "'",
        '(',
        '%C3%A9',
      ] as const
      const several = (most: number, make: () => string): readonly string[] =>
        Array.from({ length: 1 + random.below(most) }, make)
      for (let attempt = 0; attempt < 60; attempt += 1) {
        const path = several(
          4,
          () => `/${several(5, () => pieces[random.below(pieces.length)] ?? '').join('')}`,
        ).join('')
        const answer = await call('GET', path)
        // The classic watchdog shows the path decoded.
        assert.deepEqual([answer.status, shown(answer, 'Http_Path')], [200, decodeURIComponent(path)], path)
      }
    })

    it('7.4: a body with a length keeps it', async () => {
      const answer = await target.send('POST', '/function/conform-env', { body: 'hello' })

      assert.equal(shown(answer, 'Http_Content_Length'), '5')
    })

    it('3, 18.1.3: the name may carry its namespace', async () => {
      const answer = await target.send('POST', '/function/conform-env.openfaas-fn/x?y=z')

      assert.deepEqual([answer.status, shown(answer, 'Http_Query')], [200, 'y=z'])
    })

    it('7.6, 18.5.10: what is no function is 404 with the headers of a call', async () => {
      for (const name of [
        'conform-none',
        'conform-env.conform-none',
        'a.b.c',
        '.openfaas-fn',
        '%41',
        'UPPER',
      ]) {
        assert.equal((await target.send('POST', `/function/${name}`)).status, 404, name)
      }
      const { headers } = await target.send('POST', '/function/conform-none')
      assert.match(String(headers['x-call-id']), UUID)
      assert.equal((await target.send('GET', '/function/')).status, 404)
    })

    it('7.5, 18.3.3: a request for events is answered as any other, failures too', async () => {
      const headers = { Accept: 'text/event-stream' }

      const answer = await call('GET', '?a=b', headers)
      const none = await target.send('GET', '/function/conform-none', { headers })

      assert.equal(shown(answer, 'Http_X_Forwarded_Host'), new URL(target.url).host)
      assert.ok(shown(answer, 'Http_X_Forwarded_For'))
      assert.deepEqual([answer.status, none.status], [200, 404])
      assert.equal(none.headers['x-openfaas-internal'], 'proxy')
      assert.notEqual(none.text, '')
    })

    it('9: without a queue nothing is below /async-function, whatever the method', async () => {
      for (const method of ['POST', 'GET', 'PUT', 'DELETE']) {
        for (const path of [
          'conform-env',
          'conform-env.openfaas-fn',
          'conform-env/',
          'conform-env/a/b?c',
          'nobody',
        ])
          assert.equal(
            (await target.send(method, `/async-function/${path}`)).status,
            404,
            `${method} ${path}`,
          )
      }
    })

    it('8: a call to a function at zero wakes it, for many callers at once', async () => {
      await target.expect(202, ['POST', '/system/scale-function/conform-env', { replicas: 0 }])
      assert.equal((await target.status('conform-env')).replicas, 0)

      const answers = await Promise.all(Array.from({ length: 8 }, () => call()))

      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
      assert.ok((await target.status('conform-env')).replicas >= 1)
    })

    it('8, 18.4.11: a call right after a deploy waits for the first replica', async () => {
      await target.withFunction({}, async (name) => {
        const answer = await target.send('POST', `/function/${name}`, { body: 'at once' })
        assert.deepEqual([answer.status, answer.text], [200, 'at once'])
      })
    })
  },
)
