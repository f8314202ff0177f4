import assert from 'node:assert/strict'
import { Description } from '../openapi/description.ts'
import { bodyObjection } from '../openapi/schema-check.ts'
import { FakeQueue } from './fake-queue.ts'
import { testApp } from './test-app.ts'

/** A test app whose every answer is held against its own description. */
export function queueApp(queue: FakeQueue | null = new FakeQueue()) {
  const app = testApp({ queue })
  let description: Description | null = null
  const ask = async (method: string, target: string): Promise<Response> => {
    description ??= Description.read(await (await app.app.request('/openapi.json')).text())
    const answer = await app.ask(method, target)
    const what = { status: answer.status, isOurs: true }
    assert.equal(description?.objection({ method, target }, what), null)
    const described = description?.find({ method, target })?.responses['200']
    const type = answer.headers.get('content-type') ?? ''
    if (answer.status === 200 && type === 'application/json' && described?.content !== undefined)
      assert.equal(bodyObjection(described, { type, text: await answer.clone().text() }), null)
    return answer
  }
  return { ...app, ask, queue: queue ?? new FakeQueue() }
}
