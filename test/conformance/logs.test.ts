import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target } from './target.ts'

interface Message {
  readonly name: string
  readonly namespace: string
  readonly instance: string
  readonly timestamp: string
  readonly text: string
}

describe('http-api 6.10: logs', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  after(() => target.close())

  /** Runs what it is sent as a script; its standard error is its log, unless the watchdog answers that too. */
  const talker = { envProcess: 'sh', envVars: { combine_output: 'false' } }
  const withTalker = (use: (name: string) => Promise<void>): Promise<void> => target.withFunction(talker, use)
  const say = (name: string, text: string): Promise<unknown> =>
    target.send('POST', `/function/${name}`, { body: `echo '${text}' >&2` })
  const messages = async (query: string): Promise<readonly Message[]> => {
    const { text } = await target.expect(200, ['GET', `/system/logs?${query}`])
    return text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Message)
  }
  const heard = (name: string, text: string): Promise<void> =>
    eventually(
      async () => (await messages(`name=${name}`)).some((message) => message.text.includes(text)),
      10_000,
      `${text} is in the log`,
    )

  it('6.10, 18.3.5: history is JSON lines with every field, and ends', async () => {
    await withTalker(async (name) => {
      await say(name, 'first <&> line')
      await heard(name, 'first <&> line')

      const answer = await target.expect(200, ['GET', `/system/logs?name=${name}&follow=false&tail=-1`])
      const found = (await messages(`name=${name}`)).find(({ text }) => text.includes('first'))

      assert.equal(answer.headers['content-type'], 'application/x-ndjson')
      assert.deepEqual([found?.name, found?.namespace], [name, 'openfaas-fn'])
      assert.match(found?.timestamp ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/)
      assert.ok((found?.instance.length ?? 0) > 0)
      assert.doesNotMatch(found?.text ?? '', /\n|^\d{4}-\d\d-\d\dT/)
    })
  })

  it('6.10: tail, since and instance narrow the history', async () => {
    await withTalker(async (name) => {
      await say(name, 'one')
      await say(name, 'two')
      await heard(name, 'two')
      const all = await messages(`name=${name}`)
      const last = all.at(-1)
      assert.ok(last)

      assert.equal((await messages(`name=${name}&tail=1`)).length, 1)
      assert.equal((await messages(`name=${name}&tail=0`)).length, all.length)
      assert.ok((await messages(`name=${name}&since=${last.timestamp}`)).length < all.length)
      assert.deepEqual(await messages(`name=${name}&since=2999-01-01T00:00:00%2B02:00`), [])
      const own = all.filter(({ instance }) => instance === last.instance)
      assert.deepEqual(await messages(`name=${name}&instance=${last.instance}`), own)
      assert.deepEqual(await messages(`name=${name}&instance=none`), [])
    })
  })

  it('6.10: lines of replicas that are gone stay', async () => {
    await withTalker(async (name) => {
      await say(name, 'before the update')
      await heard(name, 'before the update')
      const spec = { service: name, image: target.image, ...talker }
      await target.expect(202, ['PUT', '/system/functions', spec])
      await say(name, 'after the update')

      await heard(name, 'after the update')
      assert.ok((await messages(`name=${name}`)).some(({ text }) => text.includes('before the update')))
    })
  })

  it('6.10: a follower gets its headers at once and then each line, over an update', async () => {
    await withTalker(async (name) => {
      const headers = { Authorization: target.authorization }
      const left = new AbortController()
      const path = `/system/logs?name=${name}&follow=1&tail=-1`
      const response = await fetch(target.url + path, { headers, signal: left.signal })
      assert.equal(response.status, 200)
      let text = ''
      const read = (async () => {
        for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString()
      })().catch(() => {})

      try {
        await say(name, 'while following')
        await eventually(() => text.includes('while following'), 10_000, 'the line arrives')
        const spec = { service: name, image: target.image, ...talker }
        await target.expect(202, ['PUT', '/system/functions', spec])
        await eventually(
          async () => {
            await say(name, 'of the new one')
            return text.includes('of the new one')
          },
          20_000,
          'a line of the new replica arrives',
        )
      } finally {
        left.abort()
        await read
      }
    })
  })

  it('6.10, 18.3.5: no name is 400, what cannot be read 422, an unknown function 404', async () => {
    await target.expect(400, ['GET', '/system/logs'])
    await target.expect(404, ['GET', '/system/logs?name=conform-none'])
    await withTalker(async (name) => {
      await target.expect(422, ['GET', `/system/logs?name=${name}&tail=x`])
      await target.expect(422, ['GET', `/system/logs?name=${name}&since=yesterday`])
      await target.expect(200, ['GET', `/system/logs?name=${name}&follow=perhaps`])
    })
  })
})
