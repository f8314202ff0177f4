import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { AlertingPair, checked, skipWithoutPrometheus } from '../fixtures/prometheus.ts'
import { whenAvailable } from './available.ts'
import { DaemonProcess } from './daemon-process.ts'
import { Arrivals } from './load.ts'

const skip = await skipWithoutDocker()
// Nobody needs Prometheus to run the tests: docs/testing.md says how to have this one.
const hasPrometheus = (await skipWithoutPrometheus()) === false

if (hasPrometheus)
  describe('scaling by a real Prometheus and AlertManager', { skip }, () => {
    it('has files that their own programs find sound, and an alert that tells many calls from few', async () => {
      assert.match(
        await checked('promtool', 'check', 'config', 'prometheus.yml'),
        /1 rule files found[^]*SUCCESS/,
      )
      assert.match(await checked('promtool', 'check', 'rules', 'alert.rules.yml'), /SUCCESS: 1 rules found/)
      assert.match(await checked('promtool', 'test', 'rules', 'alert.test.yml'), /SUCCESS/)
      assert.match(await checked('amtool', 'check-config', 'alertmanager.yml'), /SUCCESS/)
    })

    it('adds replicas step by step while a function is called often, and goes back when that is over', async () => {
      await using daemon = await DaemonProcess.start({ SAMPAN_AUTOSCALER: 'alert' })
      const labels = {
        'com.openfaas.scale.min': '1',
        'com.openfaas.scale.max': '3',
        'com.openfaas.scale.factor': '30',
      }
      const image = await testImage('fn-watchdog')
      await daemon.deploy({ service: 'busy', image, labels })
      await daemon.deploy({ service: 'calm', image, labels })
      assert.equal((await daemon.call('calm/id')).status, 200)
      const passwordFile = join(daemon.dataDir, 'basic-auth-password')
      await using pair = await AlertingPair.start({
        url: daemon.url,
        metricsUrl: daemon.metricsUrl,
        passwordFile,
      })

      const load = new Arrivals({ url: `${daemon.url}/function/busy/id` }, 50)
      await whenAvailable(daemon, 'busy', 3)
      const { failed } = await load.stop()

      await whenAvailable(daemon, 'busy', 1)
      await eventually(async () => (await daemon.containersOf('busy')).length === 1, 20_000)
      assert.deepEqual(failed, [])
      assert.ok(pair.isRunning)
      assert.equal((await daemon.containersOf('calm')).length, 1)
      const scaled = (await daemon.log()).split('\n').filter((line) => line.includes('"function scaled"'))
      const steps = scaled.map((line) => {
        const { fn, from, to } = JSON.parse(line) as Readonly<Record<string, unknown>>
        return [fn, from, to]
      })
      assert.deepEqual(steps, [
        ['busy.openfaas-fn', 1, 2],
        ['busy.openfaas-fn', 2, 3],
        ['busy.openfaas-fn', 3, 1],
      ])
    })
  })
