import { describe } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { FakeProvider } from '../fakes/fake-provider.ts'
import { RecordingKeeper } from '../fakes/recording-keeper.ts'
import { deployed } from '../fixtures/deployed.ts'
import { plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { ProviderBench } from '../fixtures/provider-bench.ts'
import { keepsTheProviderContract } from './provider-contract.ts'
import type { ProviderUnderTest } from './provider-stage.ts'

const SILENT = 'example/silent:1'
const MISSING = '127.0.0.1:1/sampan-test/missing:1'

describe('the fake provider', () => {
  keepsTheProviderContract(async () => onTheFake())
})

describe('the Docker provider', { skip: await skipWithoutDocker() }, () => {
  keepsTheProviderContract(onDocker)
})

function onTheFake(): ProviderUnderTest {
  const keeper = new RecordingKeeper()
  const provider = fake(keeper)
  let revision = 0
  return {
    provider,
    fn: (name, { replicas = 1, image = 'talks' } = {}) => {
      revision += 1
      const images = { talks: 'example/talks:1', silent: SILENT, missing: MISSING }
      return deployed({ revision, replicas, spec: { name: functionName(name), image: images[image] } })
    },
    answerProbes: (name) => provider.makeReady(name),
    wroteLines: ({ id }) => {
      for (const [at, text] of ['one', 'two'].entries())
        provider.written.write(id, `2026-01-01T00:00:0${at}.000000000Z`, text)
    },
    keeper,
    another: () => fake(keeper),
    end: () => provider.stop(),
  }
}

function fake(keptLogs: RecordingKeeper): FakeProvider {
  const provider = new FakeProvider({ keptLogs })
  provider.usageNow = { cpuMillicores: 10, memoryBytes: 1_000_000 }
  provider.silentImages.add(SILENT)
  provider.missingImages.add(MISSING)
  return provider
}

async function onDocker(): Promise<ProviderUnderTest> {
  const bench = new ProviderBench('contract')
  const images = {
    talks: await plainImage('talks', 'CMD ["sh", "-c", "echo one; echo two; exec httpd -f -p 8080 -h /www"]'),
    silent: await plainImage('silent', 'CMD ["sleep", "1000"]'),
    missing: MISSING,
  }
  const keeper = new RecordingKeeper()
  bench.provider = bench.another({ keptLogs: keeper })
  await bench.provider.start([])
  return {
    provider: bench.provider,
    fn: (name, { replicas = 1, image = 'talks' } = {}) => bench.fn(name, { image: images[image] }, replicas),
    answerProbes: () => {},
    wroteLines: () => {},
    keeper,
    another: () => bench.another({ instance: `${bench.instance}-other` }),
    end: () => bench.end(),
  }
}
