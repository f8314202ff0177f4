import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { ProviderBench } from '../fixtures/provider-bench.ts'

describe(
  'a function that was ready once and dies again and again',
  { skip: await skipWithoutDocker() },
  () => {
    let bench: ProviderBench
    before(async () => {
      bench = new ProviderBench('crash-loop')
      await bench.provider.start([])
    })
    after(() => bench.end())

    it('tells callers at once why, and when it is tried again, while that is far', async () => {
      const image = await plainImage('dies', `CMD ${JSON.stringify(['sh', '-c', 'exit 3'])}`)
      const fn = { ...bench.fn('dies', { image }), isProved: true }
      const ask = (): Promise<unknown> =>
        bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000)).catch((error: unknown) => error)
      bench.provider.apply(fn)

      // The one that has waited through three tries.
      const first = await ask()
      assert.ok(first instanceof FaasError && first.code === 'unavailable', String(first))
      assert.match(first.message, /function dies\.openfaas-fn is not ready: .*exited with code 3/)
      // After the next one it is far. A call that comes late waits for one more, after which it is further still.
      await eventually(() => bench.log.named('replica failed, will retry').length >= 4, 20_000)
      const told = await ask()

      assert.ok(told instanceof FaasError, String(told))
      assert.ok((told.retryAfterS ?? 0) > 5, `Retry-After ${told.retryAfterS}`)
    })
  },
)
