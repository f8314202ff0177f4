import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { FunctionCondition } from '../../src/core/functions/function-condition.ts'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import { eventually } from '../fakes/eventually.ts'
import { docker, HTTPD, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { ProviderBench } from '../fixtures/provider-bench.ts'

/** Says something, as programs do that miss something, and exits. */
const BROKEN = 'CMD ["sh", "-c", "echo starting >&2; echo no such module: left-pad >&2; exit 3"]'

describe('the condition of a function on a real engine', { skip: await skipWithoutDocker() }, () => {
  let bench: ProviderBench
  let httpd: string
  let broken: string

  before(async () => {
    httpd = await plainImage('httpd', HTTPD)
    broken = await plainImage('broken', BROKEN)
  })

  beforeEach(async () => {
    await bench?.end()
    bench = new ProviderBench('condition')
    await bench.provider.start([])
  })

  after(() => bench.end())

  function condition({ spec }: DeployedFunction): FunctionCondition | null {
    return bench.provider.condition(spec.name)
  }

  /** An update whose replicas are of the image `broken`, over a revision that serves. */
  async function failedUpdate(name: string) {
    const first = bench.fn(name, { image: httpd })
    const { id } = await bench.deploy(first)
    const artifact = await docker('inspect', '-f', '{{.Image}}', id)
    const { spec, revision } = first
    const second = { ...bench.fn(name, { image: broken }), lastGood: { spec, revision, artifact } }
    bench.provider.apply(second)
    await eventually(() => condition(second)?.state === 'degraded')
    return second
  }

  it('names the exit code and the last words of a function that exits', async () => {
    const fn = bench.fn('exits', { image: broken })
    bench.provider.apply(fn)

    await eventually(() => (condition(fn)?.lastWords.length ?? 0) > 0)

    const { state, reason, lastWords, serving } = condition(fn) ?? {}
    assert.deepEqual([state, serving], ['failing', null])
    assert.match(String(reason), /^it exited with code 3 \(faas-cli logs exits shows what it wrote\)$/)
    assert.deepEqual(lastWords, ['starting', 'no such module: left-pad'])
    assert.deepEqual(bench.log.named('last words of a replica')[0]?.fields['words'], lastWords)
  })

  it('tells a caller the reason, and not what the function wrote', async () => {
    const fn = bench.fn('told', { image: broken })
    bench.provider.apply(fn)
    await eventually(() => (condition(fn)?.lastWords.length ?? 0) > 0)

    const waiting = bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20))

    await assert.rejects(waiting, (error: Error) => {
      assert.match(error.message, /^function told\.openfaas-fn is not ready: it exited with code 3/)
      assert.doesNotMatch(error.message, /left-pad/)
      return true
    })
  })

  it('says that a function ran out of memory, and with which limit', async () => {
    const image = await plainImage('hungry', 'CMD ["sh", "-c", "tail /dev/zero"]')
    const fn = bench.fn('hungry', { image, limits: { memory: '16Mi' } })
    bench.provider.apply(fn)

    await eventually(() => /ran out of memory: its limits\.memory is 16Mi/.test(condition(fn)?.reason ?? ''))

    assert.equal(condition(fn)?.state, 'failing')
  })

  it('says that somebody paused a container', async () => {
    const fn = bench.fn('halted', { image: httpd })
    const { id } = await bench.deploy(fn)

    await docker('pause', id)
    await eventually(() => /paused by hand/.test(condition(fn)?.reason ?? ''))
    await docker('unpause', id)

    await eventually(() => condition(fn)?.state === 'ready')
  })

  it('says which image serves when an update fails, and goes on when the replica that serves dies', async () => {
    const second = await failedUpdate('updated')
    const served = bench.ready(second.spec.name)[0]

    assert.match(
      String(condition(second)?.reason),
      /^revision 2 \(sampan-test\/broken:latest\) is not in service: it exited with code 3.*; revision 1 \(sampan-test\/httpd:latest\) serves$/,
    )
    await docker('rm', '-f', String(served?.id))
    await eventually(() => {
      const [now] = bench.ready(second.spec.name)
      return now !== undefined && now.id !== served?.id
    })

    assert.equal(bench.ready(second.spec.name)[0]?.revision, 1)
    assert.equal(condition(second)?.serving?.image, httpd)
  })

  it('keeps the last good revision over a restart in the middle of a failed update', async () => {
    const second = await failedUpdate('restarted')
    await bench.provider.stop()
    const [served] = bench.ready(second.spec.name)
    await docker('rm', '-f', String(served?.id))

    bench.provider = bench.another()
    await bench.provider.start([second])

    await eventually(() => bench.ready(second.spec.name).some(({ revision }) => revision === 1))
    await eventually(() => condition(second)?.state === 'degraded')
  })

  it('says that the image is gone when neither revision can be made', async () => {
    const second = await failedUpdate('imageless')
    const { lastGood } = second
    assert.ok(lastGood !== undefined)
    bench.provider.apply({ ...second, lastGood: { ...lastGood, artifact: `sha256:${'0'.repeat(64)}` } })

    await docker('rm', '-f', String(bench.ready(second.spec.name)[0]?.id))
    await eventually(() =>
      /is not available either: its image is not on this host/.test(condition(second)?.reason ?? ''),
    )

    assert.equal(condition(second)?.state, 'failing')
  })
})
