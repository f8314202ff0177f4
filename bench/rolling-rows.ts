import { DaemonProcess } from '../test/e2e/daemon-process.ts'
import { rollingChanges } from '../test/e2e/rolling.ts'
import type { Row } from './table.ts'

const ROUNDS = 5

/** Updates, rollbacks and scaling up and down under a fixed rate of calls (P8). */
export async function rollingRows(): Promise<readonly Row[]> {
  await using daemon = await DaemonProcess.start()
  const { calls, failed, perSecond } = await rollingChanges(daemon, 'rolling', ROUNDS)
  const [first] = failed
  const example = first === undefined ? '' : `, the first after ${first.atMs} ms: ${first.what.slice(0, 100)}`
  return [
    {
      what: `P8 failed calls at 200/s: ${ROUNDS} rounds of updates, a bad one, rollback, 1 to 3 replicas and back`,
      measured: `${failed.length} of ${calls + failed.length} (${perSecond.toFixed(0)}/s)${example}`,
      target: '0',
      reached: failed.length === 0,
    },
  ]
}
