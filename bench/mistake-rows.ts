import { CASES, removeImages } from '../test/e2e/beginner-mistakes.ts'
import { DaemonProcess } from '../test/e2e/daemon-process.ts'
import { commit } from '../test/e2e/mistake-looks.ts'
import { eventually } from '../test/fakes/eventually.ts'
import { type Mistake, mistakes, PLACES, shows } from '../test/fixtures/troubleshooting.ts'
import { median, type Row } from './table.ts'

const LIMIT_MS = 5_000
const PATIENCE_MS = 30_000

/** How long it takes from each mistake of docs/troubleshooting.md until all places show what stands there, one mistake after the other. */
export async function mistakeRows(): Promise<readonly Row[]> {
  await using daemon = await DaemonProcess.start()
  const took: { readonly title: string; readonly ms: number }[] = []
  for (const mistake of mistakes()) took.push({ title: mistake.title, ms: await told(daemon, mistake) })
  await daemon.removeAll()
  await removeImages()
  const worst = took.reduce((one, other) => (other.ms > one.ms ? other : one))
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`
  return [
    {
      what: `   beginners' mistakes, worst of ${took.length}: told after`,
      measured: `${seconds(worst.ms)} (${worst.title})`,
      target: `≤ ${LIMIT_MS / 1_000} s`,
      reached: worst.ms <= LIMIT_MS,
    },
    { what: "   beginners' mistakes, median", measured: seconds(median(took.map(({ ms }) => ms))) },
  ]
}

/** Milliseconds. */
async function told(daemon: DaemonProcess, { title, shows: expected }: Mistake): Promise<number> {
  const made = CASES[title]
  if (made === undefined) throw new Error(`nobody makes the mistake "${title}"`)
  const look = await commit(daemon, made)
  const startMs = performance.now()
  for (const place of PLACES) {
    if (place === 'curl' && made.isSilent) continue
    const lines = expected[place]
    if (lines.length === 0) continue
    const isShown = async (): Promise<boolean> => {
      const seen = await look[place]()
      return lines.every((line) => shows(seen, line))
    }
    await eventually(isShown, PATIENCE_MS, `${place} shows "${title}"`)
  }
  return performance.now() - startMs
}
