import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'

/** Does something several times, one after the other, and sums up how long it took. Throws `CliError` when one failed. */
export async function repeated(session: Session, times: number, act: () => Promise<void>): Promise<void> {
  const { clock, signal } = session
  const tookMs: number[] = []
  let failures = 0
  for (let done = 0; done < times && !signal.aborted; done += 1) {
    const startMs = clock.now()
    try {
      await act()
      tookMs.push(clock.now() - startMs)
    } catch (error) {
      if (!(error instanceof CliError) || signal.aborted) throw error
      failures += 1
      note(session, error.message)
    }
  }
  if (tookMs.length > 0) note(session, summary(tookMs))
  if (failures > 0) throw new CliError(`${failures} of ${times} calls failed`)
}

function summary(tookMs: readonly number[]): string {
  const mean = tookMs.reduce((sum, ms) => sum + ms, 0) / tookMs.length
  const [least, middle, most] = [Math.min(...tookMs), mean, Math.max(...tookMs)].map(
    (ms) => `${ms.toFixed(1)} ms`,
  )
  return `${tookMs.length} calls: fastest ${least}, mean ${middle}, slowest ${most}`
}
