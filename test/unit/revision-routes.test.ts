import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RevisionAnswer } from '../../src/wire/revision-bodies.ts'
import { testApp, type TestApp } from '../fakes/test-app.ts'

const REVISIONS = '/system/function/hello/revisions'
const ROLLBACK = '/system/function/hello/rollback'

async function updatedApp(): Promise<TestApp> {
  const test = testApp()
  const hello = { service: 'hello', image: 'example/hello:1', envVars: { PASSWORD: 'first-password' } }
  await test.ask('POST', '/system/functions', hello)
  await test.ask('PUT', '/system/functions', { ...hello, envVars: { PASSWORD: 'second-password' } })
  return test
}

async function listed({ ask }: TestApp): Promise<readonly RevisionAnswer[]> {
  return (await (await ask('GET', REVISIONS)).json()) as RevisionAnswer[]
}

describe('the revisions of a function, over the API', () => {
  it('are listed newest first, with names of what changed and no values', async () => {
    const test = await updatedApp()

    assert.deepEqual(await listed(test), [
      {
        revision: 2,
        image: 'example/hello:1',
        state: 'serving',
        wasReady: false,
        createdAt: '1970-01-01T00:00:00.002Z',
        changed: ['envVars.PASSWORD'],
      },
      {
        revision: 1,
        image: 'example/hello:1',
        state: 'good',
        wasReady: true,
        createdAt: '1970-01-01T00:00:00.001Z',
      },
    ])
    assert.doesNotMatch(await (await test.ask('GET', REVISIONS)).text(), /password/)
  })

  it('are returned to: 202 without a body, and one audit line without a value', async () => {
    const test = await updatedApp()

    const answer = await test.ask('POST', ROLLBACK)

    assert.deepEqual([answer.status, await answer.text()], [202, ''])
    assert.deepEqual((await listed(test))[0]?.changed, ['envVars.PASSWORD'])
    const line = test.log.named('audit').at(-1)?.fields
    assert.deepEqual(
      [line?.['user'], line?.['action'], line?.['subject'], line?.['status']],
      ['admin', 'POST /system/function/rollback', 'hello.openfaas-fn', 202],
    )
    assert.equal((await test.ask('POST', ROLLBACK, { Revision: 1 })).status, 202)
    assert.equal((await listed(test)).length, 4)
  })

  it('are returned to with a remark where the image is another one by now', async () => {
    const test = await updatedApp()
    test.provider.remarked = ['image: it moved']

    const answer = await test.ask('POST', ROLLBACK)

    assert.equal(answer.headers.get('warning'), '299 - "image: it moved"')
  })

  it('are erased', async () => {
    const test = await updatedApp()

    assert.equal((await test.ask('DELETE', REVISIONS)).status, 202)

    assert.equal((await listed(test)).length, 1)
    assert.equal(test.log.named('audit').at(-1)?.fields['action'], 'DELETE /system/function/revisions')
  })

  it('are refused with a sentence that names the field', async () => {
    const { ask } = await updatedApp()
    const number = 'revision: must be the number of a revision, a whole number from 1'
    const cases = [
      [{ revision: 0 }, 400, number],
      [{ revision: 1.5 }, 400, number],
      [{ revision: '1' }, 400, number],
      [{ revision: 2 }, 400, 'revision: 2 is the newest already'],
      [{ revision: 9 }, 400, 'revision: 9 is not kept; those that are: 1'],
      [{ namespace: 7 }, 400, 'namespace: must be a string'],
      [{ namespace: 'elsewhere' }, 404, 'function hello.elsewhere does not exist'],
      [[], 400, 'body: must be a JSON object'],
    ] as const
    for (const [body, status, text] of cases) {
      const answer = await ask('POST', ROLLBACK, body)
      assert.deepEqual([answer.status, await answer.text()], [status, `${text}\n`])
    }
    for (const [method, path] of [
      ['GET', '/system/function/other/revisions'],
      ['DELETE', '/system/function/other/revisions'],
      ['POST', '/system/function/other/rollback'],
    ] as const)
      assert.equal((await ask(method, path)).status, 404, path)
    assert.equal((await ask('GET', `${REVISIONS}?namespace=elsewhere`)).status, 400)
  })
})
