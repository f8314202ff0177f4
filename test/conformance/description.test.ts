import assert from 'node:assert/strict'
import { METHODS } from 'node:http'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Description, type Listener } from '../openapi/description.ts'
import { Target, type Answer } from './target.ts'

// Every other file of the suite holds each answer against the description, too: `target.ts` does it.

/** No request of this method has a path. */
const TESTED = METHODS.filter((method) => method !== 'CONNECT')

describe('the description of the API', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  after(() => target.close())

  it('the description of the API is served without credentials', async (t) => {
    if (process.env['SAMPAN_CONFORMANCE_URL'] !== undefined && target.description === null)
      return t.skip('this server has none')
    const answer = await target.send('GET', '/openapi.json')

    assert.deepEqual([answer.status, answer.headers['content-type']], [200, 'application/json'])
    assert.ok(Description.read(answer.text)?.find({ method: 'POST', target: '/system/functions' }))
  })

  it('ours, 18.2.3: the description of the API has exactly the methods that are answered, on either listener', async (t) => {
    const { description } = target
    if (description === null || target.metricsUrl === null) return t.skip('no description or no metrics URL')
    const ask = (listener: Listener, method: string, path: string): Promise<Answer> =>
      listener === 'api' ? target.send(method, path) : target.metrics(method, path)

    await target.withFunction({}, async (name) => {
      await target.whenAvailable(name)
      for (const listener of ['api', 'metrics'] as const) {
        for (const path of pathsOf(description, listener)) {
          const sample = sampleOf(path, name)
          for (const method of TESTED) {
            const isDescribed = description.find({ method, target: sample, listener }) !== undefined

            const answer = await ask(listener, method, sample)

            const what = `${method} ${sample} on ${listener}: ${answer.status}`
            if (isDescribed) assert.ok(!isRefusal(answer, path), what)
            else assert.equal(answer.status, refusalOf(path), what)
          }
        }
      }
    })
  })
})

function pathsOf({ operations }: Description, listener: Listener): ReadonlySet<string> {
  return new Set(operations.filter(({ listeners }) => listeners.includes(listener)).map(({ path }) => path))
}

/** A path of this form, to the function `name` where it names one. `0` may be a call id, a queue or a dead letter. */
function sampleOf(path: string, name: string): string {
  return path
    .replaceAll('{name}', name)
    .replaceAll(/\{(path|file)\}/g, 'some/where')
    .replaceAll(/\{(callId|queue|id)\}/g, '0')
}

/** A function may answer 405 of its own. */
function isRefusal({ status, headers }: Answer, path: string): boolean {
  return status === 405 && (!path.startsWith('/function/') || headers['x-openfaas-internal'] === 'proxy')
}

/** Without a queue there is nothing below its prefix, whatever the method. */
function refusalOf(path: string): number {
  return path.startsWith('/async-function/') ? 404 : 405
}
