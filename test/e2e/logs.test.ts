import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { whenAvailable } from './available.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'
import { Follower, type Line, parse, textOf, timeOf } from './log-follower.ts'

describe('the logs of a real function', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  const said: string[] = []

  before(async () => {
    daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'talker', image: await testImage('fn') })
  })
  after(() => daemon[Symbol.asyncDispose]())

  const say = async (text: string): Promise<void> => {
    assert.equal((await daemon.call(`talker/log?stdout=${text}`)).status, 204)
    said.push(text)
  }
  const read = async (query = ''): Promise<readonly Line[]> => {
    const answer = await daemon.api('GET', `/system/logs?name=talker&since=2020-01-01T00:00:00Z${query}`)
    assert.equal(answer.status, 200)
    return parse(await answer.text())
  }
  const whenSaid = (text: string): Promise<void> =>
    eventually(async () => (await read()).some((line) => line.text === text), 10_000, `the log has ${text}`)

  it('the logs of a real function go on for a follower over a crash, an update and zero replicas', async () => {
    await using follower = await Follower.open(daemon, 'talker')
    await say('first')
    await follower.whenRead('first')

    assert.equal((await daemon.call('talker/exit/3')).status, 502)
    await say('after-the-crash')
    await follower.whenRead('after-the-crash')

    await daemon.must('PUT', '/system/functions', {
      service: 'talker',
      image: await testImage('fn'),
      envVars: { ROUND: '2' },
    })
    await eventually(
      async () => {
        const environment = (await (await daemon.call('talker/env')).json()) as string[]
        return environment.includes('ROUND=2')
      },
      20_000,
      'the update is served',
    )
    await say('after-the-update')
    await follower.whenRead('after-the-update')

    await daemon.must('POST', '/system/scale-function/talker', { serviceName: 'talker', replicas: 0 })
    await eventually(async () => (await daemon.containers()).length === 0, 20_000, 'it has no container')
    await say('after-zero')
    await follower.whenRead('after-zero')

    assert.deepEqual(follower.texts, said)
  })

  it('the logs of a real function are kept of replicas that crashed, were replaced or scaled away, in order', async () => {
    await whenSaid('after-zero')

    const lines = await read()

    assert.deepEqual(
      lines.map(({ text }) => text),
      said,
    )
    assert.equal(new Set(lines.map(({ instance }) => instance)).size, 4)
    assert.deepEqual(
      lines.map(({ timestamp }) => timestamp),
      lines.map(({ timestamp }) => timestamp).toSorted(),
    )
    for (const { name, namespace, timestamp } of lines) {
      assert.deepEqual([name, namespace], ['talker', 'openfaas-fn'])
      assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/)
    }
  })

  it('the logs of a real function survive a kill of the daemon', async () => {
    await daemon.end('SIGKILL')
    await daemon.launch()
    await daemon.whenHealthy()
    await eventually(async () => (await read()).length === said.length, 10_000, 'the replica is adopted')
  })

  it('the logs of a real function are cut by tail, since and instance', async () => {
    const lines = await read()
    const third = lines[2] ?? assert.fail()

    assert.deepEqual((await read('&tail=2')).map(textOf), said.slice(-2))
    assert.deepEqual((await read('&tail=-1')).map(textOf), said)
    assert.deepEqual((await read(`&instance=${third.instance}`)).map(textOf), [third.text])
    assert.deepEqual((await read(`&since=${third.timestamp}`)).map(textOf), said.slice(2))
    assert.deepEqual(await read('&since=2999-01-01T00:00:00Z'), [])
  })

  it('the logs of a real function have a line whole that the engine cuts in pieces of 16 KB', async () => {
    const long = `begin-${'0123456789'.repeat(4_000)}-end`
    await say(long)

    await whenSaid(long)
    assert.deepEqual((await read('&tail=1')).map(textOf), [long])
  })

  it('the logs of a real function come to a follower from a second replica too when the function is scaled up', async () => {
    await daemon.deploy({ service: 'pair', image: await testImage('fn') })
    const texts: string[] = []
    await using follower = await Follower.open(daemon, 'pair')
    const sayOnce = async (): Promise<void> => {
      const text = `line-${texts.length}`
      texts.push(text)
      assert.equal((await daemon.call(`pair/log?stdout=${text}`)).status, 204)
      await follower.whenRead(text)
    }
    await sayOnce()
    await daemon.must('POST', '/system/scale-function/pair', { serviceName: 'pair', replicas: 2 })
    await whenAvailable(daemon, 'pair', 2)

    // Lines of both in turn, so that only a merge by time has them in order.
    await eventually(
      async () => {
        await sayOnce()
        const counts = [...follower.perInstance().values()]
        return counts.length === 2 && Math.min(...counts) >= 10
      },
      20_000,
      'both have said ten lines',
    )

    assert.deepEqual(follower.texts, texts)
    const history = parse(await (await daemon.api('GET', '/system/logs?name=pair&tail=-1')).text())
    assert.deepEqual(history.map(textOf), texts)
    for (const lines of [history, follower.lines])
      assert.deepEqual(lines.map(timeOf), lines.map(timeOf).toSorted())
  })
})
