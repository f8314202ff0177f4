import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { Engine } from '../../src/provider/docker/engine/engine.ts'
import { Networks } from '../../src/provider/docker/belongings/networks.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { docker, dockerSkip, HTTPD, plainImage } from '../fixtures/docker-cli.ts'
import { ProviderBench } from '../fixtures/provider-bench.ts'
import { SecondDockerd, secondDockerdSkip } from '../fixtures/second-dockerd.ts'

const OPTION = '{{index .Options "com.docker.network.driver.mtu"}}'

describe(
  'the networks of functions on an engine with an MTU of its own',
  { skip: await secondDockerdSkip() },
  () => {
    let dockerd: SecondDockerd
    before(async () => {
      dockerd = await SecondDockerd.make(1_400)
      await dockerd.start()
    })
    after(() => dockerd.end())

    it('have the same, so that packets get out where it was lowered for that', async () => {
      const engine = new Engine({ dockerHost: dockerd.host, clock: systemClock })
      await engine.connect()
      const networks = new Networks({
        engine,
        instance: 'mtu',
        ownership: { labels: {}, isOurs: () => true },
        mtu: null,
        log: new RecordingLog(),
        onAddresses: () => {},
        fence: { want: () => {}, whenTried: async () => {} },
      })

      const { name, mtu } = await networks.ensure('openfaas-fn')

      assert.equal(mtu, 1_400)
      assert.equal(await dockerd.docker('network', 'inspect', '--format', OPTION, name), '1400')
      engine.close()
    })
  },
)

describe('an MTU that is set for the networks of functions', { skip: await dockerSkip() }, () => {
  let bench: ProviderBench
  const fn = functionName('measured')
  after(() => bench.end())

  const start = async (mtu: number) => {
    await bench.provider.stop()
    bench.provider = bench.another({ mtu })
    await bench.provider.start([])
  }
  const mtuInside = async (id: string) => Number(await docker('exec', id, 'cat', '/sys/class/net/eth0/mtu'))

  it('is that of their interfaces, and reaches an older network as soon as nobody is in it', async () => {
    bench = new ProviderBench('mtu')
    await start(1_280)
    const image = await plainImage('mtu', HTTPD)
    const wanted = bench.fn('measured', { image })
    const first = await bench.deploy(wanted)
    assert.equal(await mtuInside(first.id), 1_280)

    await bench.provider.stop()
    bench.provider = bench.another({ mtu: 1_300 })
    await bench.provider.start([wanted])
    const [warning] = bench.log.named('network has the wrong MTU')
    assert.deepEqual([warning?.fields['mtu'], warning?.fields['wanted']], [1_280, 1_300])
    assert.equal(await mtuInside(first.id), 1_280)

    bench.provider.remove(fn)
    await eventually(() => bench.provider.replicas(fn).length === 0, 20_000, 'nobody is in it')
    await start(1_300)
    const second = await bench.deploy(bench.fn('measured', { image }))
    assert.equal(await mtuInside(second.id), 1_300)
  })
})
