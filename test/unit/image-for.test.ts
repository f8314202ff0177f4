import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { imageFor } from '../../src/provider/docker/replicas/image-for.ts'
import { deployed } from '../fixtures/deployed.ts'

describe('a function that no container can be made of', () => {
  for (const [field, change] of [
    [
      'annotations.com.openfaas.health.http.periodSeconds',
      { annotations: { 'com.openfaas.health.http.periodSeconds': 'x' } },
    ],
    ['annotations.com.sampan.pids', { annotations: { 'com.sampan.pids': 'x' } }],
    ['limits.memory', { limits: { memory: 'x', cpu: '' } }],
    ['envVars', { envVars: { 'a=b': 'c' } }],
  ] as const) {
    it(`a function that no container can be made of for its ${field} is refused before its image is asked for`, async () => {
      let asked = 0
      const resolve = () => {
        asked += 1
        return Promise.reject(new FaasError('unavailable', 'no registry'))
      }
      const { spec } = deployed({ spec: change })

      await assert.rejects(
        imageFor(spec, new AbortController().signal, {
          images: { resolve },
          host: () => undefined,
          confinement: { memoryBytes: 0, diskBytes: 0, seccomp: null, runtimes: [] },
        }),
        (error: Error) => error.message.startsWith(field),
      )
      assert.equal(asked, 0)
    })
  }
})
