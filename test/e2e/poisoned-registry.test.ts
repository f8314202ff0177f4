import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { FunctionSpec } from '../../src/core/functions/function-spec.ts'
import { openRegistry } from '../../src/registry/registry.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

/** Quadratic cost on these took the daemon minutes at every start. */
const DIGITS = '1'.repeat(120_000)
const ANNOTATED = '1'.repeat(5_000_000)

describe(
  'a registry with values that a release before this one let in',
  { skip: await skipWithoutDocker() },
  () => {
    let daemon: DaemonProcess

    before(async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'sampan-poisoned-'))
      const image = await testImage('plain')
      const registry = openRegistry(dataDir, new RecordingLog())
      const put = (service: string, fields: Partial<FunctionSpec>): void => {
        const { spec } = deployed({
          spec: { ...fields, name: functionName(service), image, envProcess: 'cat' },
        })
        registry.functions.insert({ spec, body: '{}', replicas: 1, artifact: null, nowMs: Date.now() })
      }
      put('environment', { envVars: { grace_period: DIGITS } })
      put('annotated', { annotations: { 'com.openfaas.ready.http.initialDelay': `${ANNOTATED}s` } })
      put('many', { labels: Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`k${at}`, ''])) })
      put('healthy', {})
      registry.close()
      daemon = await DaemonProcess.start({ SAMPAN_DATA_DIR: dataDir, SAMPAN_WAKE_TIMEOUT: '15s' })
    })
    after(() => daemon[Symbol.asyncDispose]())

    it('does not keep the daemon from starting, nor the other functions from answering', async () => {
      const answer = await daemon.call('healthy', { method: 'POST', body: 'still here' })

      assert.deepEqual([answer.status, await answer.text()], [200, 'still here'])
    })

    it('serves the functions that can be served, and says of the others which field is wrong', async () => {
      const answer = await daemon.call('many', { method: 'POST', body: 'many labels' })
      assert.deepEqual([answer.status, await answer.text()], [200, 'many labels'])

      await daemon.must('PUT', '/system/functions', {
        service: 'environment',
        image: await testImage('plain'),
        envProcess: 'cat',
      })
      const mended = await daemon.call('environment', { method: 'POST', body: 'mended' })
      assert.deepEqual([mended.status, await mended.text()], [200, 'mended'])

      const annotated = await daemon.call('annotated', { method: 'POST', body: 'x' })
      assert.equal(annotated.status, 503)
      assert.match(await annotated.text(), /initialDelay.*64 characters/)
    })
  },
)
