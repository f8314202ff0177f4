import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { whenAvailable } from './available.ts'
import { DaemonProcess } from './daemon-process.ts'
import { Follower, type Line, parse, timeOf } from './log-follower.ts'

const skip = await skipWithoutDocker()

const BURSTS = 24
const LINES_EACH = 250

describe('two replicas that write bursts at the same time', { skip }, () => {
  it('two replicas that write bursts at the same time have their lines merged by time, none lost and none twice, in the history and for a follower', async (test) => {
    await using daemon = await DaemonProcess.start()
    await daemon.deploy({
      service: 'pair',
      image: await testImage('fn'),
      labels: { 'com.openfaas.scale.min': '2' },
    })
    await whenAvailable(daemon, 'pair', 2)
    await using follower = await Follower.open(daemon, 'pair')

    const texts = Array.from({ length: BURSTS }, (_, burst) => `burst-${burst}`)
    // One burst for each replica at a time: whichever is quicker, the next two come after both.
    for (let burst = 0; burst < BURSTS; burst += 2) {
      const two = texts.slice(burst, burst + 2)
      const answers = await Promise.all(
        two.map((text) => daemon.call(`pair/log?stdout=${text}&n=${LINES_EACH}`)),
      )
      assert.deepEqual(
        answers.map(({ status }) => status),
        [204, 204],
      )
    }
    await eventually(() => follower.lines.length >= BURSTS * LINES_EACH, 20_000, 'the follower has them all')
    const history = parse(await (await daemon.api('GET', '/system/logs?name=pair&tail=-1')).text())

    const expected = Object.fromEntries(texts.map((text) => [text, LINES_EACH]))
    assert.deepEqual(countedByText(history), expected)
    assert.deepEqual(countedByText(follower.lines), expected)
    assert.deepEqual(history.map(timeOf), history.map(timeOf).toSorted())
    const changes = changesOfReplica(history)
    test.diagnostic(`${changes} changes between the replicas in ${history.length} lines`)
    assert.ok(changes >= 2, 'the bursts overlap, else this shows no merge')
    for (const lines of byReplica(follower.lines)) {
      assert.deepEqual(lines.map(timeOf), lines.map(timeOf).toSorted())
    }
  })
})

describe('a follower of a log', { skip }, () => {
  it('stays for longer than an answer of a function may take', async () => {
    await using daemon = await DaemonProcess.start({
      SAMPAN_READ_TIMEOUT: '1s',
      SAMPAN_WRITE_TIMEOUT: '1s',
      SAMPAN_UPSTREAM_TIMEOUT: '1s',
    })
    await daemon.deploy({ service: 'talker', image: await testImage('fn') })
    // The time for an answer runs while a call waits for a replica, too.
    await whenAvailable(daemon, 'talker', 1)
    assert.equal((await daemon.call('talker/log?stdout=before')).status, 204)
    await using follower = await Follower.open(daemon, 'talker')
    await follower.whenRead('before')

    // Two answers in a row that began after it are cut by the limit.
    for (let answer = 0; answer < 2; answer += 1) {
      const long = await daemon.call('talker/stream?n=100&every=100ms')
      await assert.rejects(long.text(), { name: 'TypeError', message: 'terminated' })
    }
    assert.equal((await daemon.call('talker/log?stdout=after')).status, 204)
    await follower.whenRead('after')

    assert.deepEqual(follower.texts, ['before', 'after'])
  })
})

function countedByText(lines: readonly Line[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { text } of lines) counts[text] = (counts[text] ?? 0) + 1
  return counts
}

function byReplica(lines: readonly Line[]): readonly (readonly Line[])[] {
  const instances = [...new Set(lines.map(({ instance }) => instance))]
  assert.equal(instances.length, 2)
  return instances.map((instance) => lines.filter((line) => line.instance === instance))
}

/** How often the next line is of another replica. */
function changesOfReplica(lines: readonly Line[]): number {
  return lines.filter(({ instance }, at) => at > 0 && instance !== lines[at - 1]?.instance).length
}
