import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { whenAborted } from '../../src/clock.ts'
import type { LogLine } from '../../src/core/provider/log-line.ts'
import { eventually } from '../fakes/eventually.ts'
import { containersOf, docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { LogRig, loud } from '../fixtures/log-rig.ts'

const skip = await skipWithoutDocker()

describe('logs of real containers', { skip }, () => {
  let rig: LogRig

  before(async () => {
    rig = await LogRig.open('function-logs')
  })

  after(async () => {
    await rig.close()
    assert.deepEqual(await containersOf(rig.instance), [])
  })

  /** A container that has ended, as the only replica. */
  async function ended(script: string, ...options: readonly string[]): Promise<string> {
    const id = await rig.run(script, ...options)
    await docker('wait', id)
    rig.replicas.set(id)
    return id
  }

  function follow(): { readonly lines: LogLine[]; leave(): Promise<void> } {
    const lines: LogLine[] = []
    const leaving = new AbortController()
    const done = (async () => {
      for await (const batch of rig.logs.read({ fn: loud, follow: true }, leaving.signal))
        lines.push(...batch)
    })()
    const leave = async () => {
      leaving.abort()
      await Promise.all([done, whenAborted(leaving.signal)])
    }
    return { lines, leave }
  }

  it('18.4.8: logs of real containers have both outputs, exact times, and lines as they were written', async () => {
    const id = await ended(`echo one; echo 'grüße ☃' >&2; echo; printf 'no end'`)

    const lines = await rig.read()

    assert.deepEqual(lines.map(({ text }) => text).toSorted(), ['', 'grüße ☃', 'no end', 'one'])
    for (const line of lines) {
      assert.match(line.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/)
      assert.equal(line.instance, id.slice(0, 12))
    }
  })

  for (const [where, options] of [
    ['without a terminal', []],
    ['with a terminal', ['-t']],
  ] as const) {
    it(`18.4.10: logs of real containers have long lines whole, ${where}`, async () => {
      const line = (size: number) => `busybox head -c ${size} /dev/zero | busybox tr '\\0' x; echo END`
      await ended(
        `${line(16_384)}; ${line(100_000)}; ${line(600_000)}; ${line(1)}; ${line(16_383)}`,
        ...options,
      )

      const lines = await rig.read()

      assert.deepEqual(
        lines.map(({ text }) => text.length),
        [16_387, 100_003, 600_003, 4, 16_386],
      )
      for (const { text } of lines) assert.match(text, /^x+END$/)
      assert.deepEqual(
        (await rig.read({ tail: 2 })).map(({ text }) => text.length),
        [4, 16_386],
      )
      assert.deepEqual(
        (await rig.read({ tail: 4 })).map(({ text }) => text.length),
        [100_003, 600_003, 4, 16_386],
      )
    })
  }

  it('logs of real containers begin where asked, to the nanosecond in memory and the millisecond in the question', async () => {
    await ended('for i in 1 2 3; do echo $i; busybox usleep 50000; done')
    const [, second] = await rig.read()

    const lines = await rig.read({ sinceMs: Date.parse(second?.timestamp ?? '') })

    assert.deepEqual(
      lines.map(({ text }) => text),
      ['2', '3'],
    )
  })

  it('logs of real containers are followed over restarts, an update and the removal, none lost and none twice', async () => {
    const script = (name: string) =>
      `i=0; while [ $i -lt 400 ]; do echo ${name} $i; i=$((i+1)); busybox usleep 1000; done`
    const first = await rig.run(script('a'))
    rig.replicas.set(first)
    const { lines, leave } = follow()
    const count = (name: string) => lines.filter(({ text }) => text.startsWith(name)).length
    await eventually(() => count('a') === 400)

    await docker('restart', '-t', '0', first)
    rig.replicas.set(first)
    const second = await rig.run(script('b'))
    rig.replicas.set(first, second)
    await eventually(() => count('a') === 800)
    await rig.keep(first)
    await docker('rm', '--force', first)
    rig.replicas.set(second)
    await eventually(() => count('b') === 400)
    await leave()

    const wanted = Array.from({ length: 400 }, (_, number) => String(number))
    const of = (name: string) => lines.map(({ text }) => text.split(' ')).filter(([head]) => head === name)
    assert.deepEqual(
      of('a').map(([, number]) => number),
      [...wanted, ...wanted],
    )
    assert.deepEqual(
      of('b').map(([, number]) => number),
      wanted,
    )
    assert.equal((await rig.read()).length, 1_200)
    assert.equal((await rig.read({ instance: first.slice(0, 12) })).length, 800)
  })

  it('logs of real containers end at once for a follower who leaves', async () => {
    const id = await rig.run('exec busybox sleep 1000')
    rig.replicas.set(id)
    const { leave } = follow()

    await leave()

    assert.equal(await docker('inspect', '--format={{.State.Running}}', id), 'true')
  })
})
