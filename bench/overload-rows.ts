import { setTimeout as sleep } from 'node:timers/promises'
import { Attack } from '../test/e2e/attack.ts'
import { DaemonProcess } from '../test/e2e/daemon-process.ts'
import { honestDuring, p99s } from '../test/e2e/honest-client.ts'
import { eventually } from '../test/fakes/eventually.ts'
import { testImage } from '../test/fixtures/images.ts'
import { peakGrowth } from '../test/fixtures/process-usage.ts'
import type { Row } from './table.ts'

const ATTACK_MS = 10_000
const DESCRIPTORS = 512
const MB = 1e6

/** What honest clients notice, and what it costs, when a daemon with few descriptors is attacked in every way at once (`test/e2e/overload.test.ts`). */
export async function overloadRows(): Promise<readonly Row[]> {
  await using daemon = await DaemonProcess.start({}, { descriptors: DESCRIPTORS })
  const image = await testImage('fn')
  for (const service of ['honest', 'attacked']) {
    await daemon.deploy({ service, image })
    await (await daemon.call(`${service}/id`)).arrayBuffer()
  }
  const url = `${daemon.url}/function/honest/id`
  let attack: Attack | null = null
  let grownBytes = 0
  try {
    const begun = await Attack.start(daemon.url, '/function/attacked')
    attack = begun
    const honest = await honestDuring(url, async () => {
      grownBytes = await peakGrowth(daemon.pid, async () => {
        await sleep(ATTACK_MS)
        await eventually(() => begun.isThorough, 60_000, 'the attack did all that it is to do')
      })
    })
    const { kept, fresh, health } = p99s(honest)
    return [
      late('calls over kept connections', kept),
      late('calls over new connections', fresh),
      late('/healthz', health),
      {
        what: 'attacked: honest requests that failed',
        measured: `${honest.failed.length}`,
        target: '0',
        reached: honest.failed.length === 0,
      },
      {
        what: 'attacked: growth of the daemon',
        measured: `${Math.round(grownBytes / MB)} MB`,
        target: '< 100 MB',
        reached: grownBytes < 100 * MB,
      },
    ]
  } finally {
    await attack?.stop()
  }
}

function late(what: string, p99Ms: number): Row {
  return {
    what: `attacked: p99 of ${what}`,
    measured: `${p99Ms} ms`,
    target: '< 100 ms',
    reached: p99Ms < 100,
  }
}
