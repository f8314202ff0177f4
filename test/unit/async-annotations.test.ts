import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  asyncAnnotations,
  asyncRemarks,
  checkAsyncAnnotations,
} from '../../src/core/calls/async-annotations.ts'

const REFUSED: readonly (readonly [annotation: string, values: readonly string[], must: RegExp])[] = [
  ['com.openfaas.queue', ['', 'Mail', 'a b', 'a.b', 'q'.repeat(64)], /1 to 63 lower-case letters/],
  ['com.openfaas.queue.concurrency', ['', '0', '-1', '1.5', 'all'], /whole number from 1/],
  ['com.openfaas.queue.max-backlog', ['0', '1e3'], /whole number from 1/],
  ['com.sampan.async.store', ['yes', '1', ''], /true or false/],
]

describe('annotations about asynchronous calls', () => {
  it('those that make no sense are refused at the deployment with their name, and count as none later', () => {
    for (const [annotation, values, must] of REFUSED) {
      for (const value of values) {
        const annotations = { [annotation]: value }
        assert.throws(
          () => checkAsyncAnnotations(annotations),
          (error: Error) =>
            error.message.startsWith(`annotations.${annotation}: `) && must.test(error.message),
        )
        assert.deepEqual(asyncAnnotations(annotations), asyncAnnotations({}))
      }
    }
  })

  it('those of OpenFaaS about retries are taken as they come, and whoever deploys is told', () => {
    const annotations = { 'com.openfaas.retry.attempts': 'many', 'com.openfaas.retry.codes': '500' }

    checkAsyncAnnotations(annotations)

    assert.deepEqual(asyncRemarks(annotations), [
      'annotations.com.openfaas.retry.attempts: "many" is not a whole number from 1 to 999999, so the usual value holds',
    ])
    assert.deepEqual(asyncRemarks({}), [])
  })

  it('what they say is read once for each function', () => {
    const annotations = { 'com.openfaas.queue': 'mail', 'com.openfaas.queue.concurrency': '2' }

    const said = asyncAnnotations(annotations)

    assert.deepEqual([said.queue, said.concurrency, said.keepsResults], ['mail', 2, false])
    assert.equal(asyncAnnotations(annotations), said)
  })
})
