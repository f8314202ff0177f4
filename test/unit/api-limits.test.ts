import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BudgetWatch } from '../../src/budget-watch.ts'
import { BodyBudget } from '../../src/gateway/shared/body-budget.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'

const KIB = 1024
const MIB = 1024 * KIB
const log = new RecordingLog()
const watch = new BudgetWatch(log, new FakeClock())
const hello = { service: 'hello', image: 'a/b:1' }

function keys(count: number, length = 0): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`.padEnd(length, 'x'), '']))
}

describe('a deployment', () => {
  const tooMuch: readonly (readonly [string, RegExp, object])[] = [
    ['1,001 labels', /^labels: has 1001 entries, at most 1000 /, { labels: keys(1_001) }],
    ['1,001 annotations', /^annotations: has 1001 entries/, { annotations: keys(1_001) }],
    ['1,001 variables', /^envVars: has 1001 entries/, { envVars: keys(1_001) }],
    ['1,001 secrets', /^secrets: has 1001 entries/, { secrets: Array(1_001).fill('a') }],
    ['1,001 constraints', /^constraints: has 1001 entries/, { constraints: Array(1_001).fill('') }],
    ['a label of 318 bytes', /^labels: the key .* longer than 317 bytes/, { labels: keys(1, 318) }],
    ['a key of 318 bytes in 159 letters', /^labels: the key .* 317/, { labels: { ['é'.repeat(159)]: '' } }],
    ['labels of 256 KiB', /^labels: .*262144 bytes \(256 KiB\)/, { labels: { a: 'x'.repeat(256 * KIB) } }],
    ['annotations of 256 KiB', /^annotations: .*262144/, { annotations: { a: 'x'.repeat(256 * KIB) } }],
    ['constraints of 256 KiB', /^constraints: .*262144/, { constraints: ['x'.repeat(257 * KIB)] }],
    ['a variable of 128 KiB', /^envVars\.BIG: .*131070 bytes/, { envVars: { BIG: 'x'.repeat(131_068) } }],
    ['a process of 128 KiB', /^envProcess: .*131070 bytes/, { envProcess: 'x'.repeat(128 * KIB) }],
    ['a long image', /^image: .*longer than 512 characters/, { image: '@'.repeat(900_000) }],
    ['20,001 values', /^body: has more than 20000 /, { unknown: Array(20_001).fill([]) }],
  ]
  for (const [what, sentence, fields] of tooMuch) {
    it(`a deployment with ${what} is refused by the name of the field and its limit`, async () => {
      const { ask, provider } = testApp()

      const response = await ask('POST', '/system/functions', { ...hello, ...fields })
      const text = await response.text()

      assert.equal(response.status, 400)
      assert.match(text, sentence)
      assert.ok(text.length < 400, `${text.length} characters`)
      assert.deepEqual(provider.applied, [])
    })
  }

  it('may fill each of its limits', async () => {
    const { ask } = testApp()

    const response = await ask('POST', '/system/functions', {
      ...hello,
      labels: keys(1_000, 100),
      annotations: { ...keys(999), a: 'x'.repeat(250 * KIB) },
      envVars: { ...keys(999), BIG: 'x'.repeat(131_067) },
      constraints: Array(1_000).fill('a'),
      secrets: Array(1_000).fill('a'),
    })

    assert.deepEqual([response.status, await response.text()], [202, ''])
  })

  it('above 1 MiB is 413, before all of it has come', async () => {
    const { app } = testApp()
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 64 * KIB
        controller.enqueue(Buffer.alloc(64 * KIB, 0x20))
      },
    })

    const init = { method: 'POST', headers: { Authorization: ADMIN }, body: endless, duplex: 'half' } as const
    const response = await app.request('/system/functions', init)

    assert.equal(response.status, 413)
    assert.match(await response.text(), /^body: is larger than 1048576 bytes \(1 MiB\)/)
    assert.ok(sent < 2 * MIB)
  })

  it('is read as JSON whatever its keys are, and none of them reaches a prototype', async () => {
    const { ask, functions } = testApp()
    const labels = '{"constructor":"a","toString":"b","hasOwnProperty":"c"}'

    const nested = await ask(
      'POST',
      '/system/functions',
      '{"service":"x","image":"a","labels":{"__proto__":"x"}}',
    )
    const top = await ask(
      'POST',
      '/system/functions',
      `{"__proto__":{"service":"evil"},"service":"f","image":"a","labels":{},"labels":${labels}}`,
    )

    assert.deepEqual([nested.status, top.status], [400, 202])
    assert.match(await nested.text(), /^labels\.__proto__: /)
    const [fn] = functions.list('openfaas-fn')
    assert.equal(fn?.spec.name, 'f.openfaas-fn')
    assert.equal(JSON.stringify(fn.spec.labels), labels)
    assert.equal(Object.getPrototypeOf({}), Object.prototype)
  })
})

describe('a namespace', () => {
  it('has the limits of a deployment for labels and annotations, made or changed', async () => {
    const { ask } = testApp()
    const labels = { openfaas: '1' }
    await ask('POST', '/system/namespace/', { name: 'dev', labels })

    const made = await ask('POST', '/system/namespace/', { name: 'two', labels, annotations: keys(1_001) })
    const changed = await ask('PUT', '/system/namespace/dev', { name: 'dev', labels: keys(1_001) })

    assert.deepEqual([made.status, changed.status], [400, 400])
    assert.match(await made.text(), /^annotations: has 1001 entries/)
    assert.match(await changed.text(), /^labels: has 1001 entries/)
  })
})

describe('the memory for bodies of API requests', () => {
  it('is full when the bodies together are too large, and free when they are answered', async () => {
    const bodies = new BodyBudget(100, watch)
    const { ask } = testApp({ bodies })
    const other = bodies.share()
    other.take(80)

    const refused = await ask('POST', '/system/functions', hello)
    other.end()
    const taken = await ask('POST', '/system/functions', hello)

    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '1'])
    assert.match(await refused.text(), /100 bytes .*SAMPAN_API_BODY_MEMORY/)
    assert.equal(taken.status, 202)
    assert.deepEqual([bodies.usedBytes, bodies.refused], [0, 1])
    assert.deepEqual(
      log.named('limit of API request bodies reached, requests refused').map(({ fields }) => fields),
      [{ setting: 'SAMPAN_API_BODY_MEMORY', limit: 100, times: 1 }],
    )
  })

  it('is held by a deployment until that is answered', async () => {
    const bodies = new BodyBudget(MIB, watch)
    let finish = (): void => {}
    const { ask, functions } = testApp({ bodies })
    functions.deploy = () => new Promise((resolve) => (finish = resolve))

    const answer = ask('POST', '/system/functions', hello)
    while (bodies.usedBytes === 0) await new Promise(setImmediate)
    assert.equal(bodies.usedBytes, JSON.stringify(hello).length)
    finish()

    assert.equal((await answer).status, 202)
    assert.equal(bodies.usedBytes, 0)
  })

  it('is given back whatever becomes of the request', async () => {
    const bodies = new BodyBudget(MIB, watch)
    const { app, ask } = testApp({ bodies })
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(Buffer.from('{"service"')),
      pull: (controller) => controller.error(new Error('connection reset')),
    })

    await ask('POST', '/system/functions', '{"service":')
    await ask('DELETE', '/system/functions', { functionName: 'nobody' })
    const init = { method: 'POST', headers: { Authorization: ADMIN }, body: broken, duplex: 'half' } as const
    assert.equal((await app.request('/system/functions', init)).status, 499)

    assert.deepEqual([bodies.usedBytes, bodies.refused], [0, 0])
  })
})
