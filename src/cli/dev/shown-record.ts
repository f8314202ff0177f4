// What is worth seeing of a function's log while somebody works on it. Pure.

export type ShownRecord =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'call'; readonly status: number; readonly text: string }
  /** The process does not run, until the next change. */
  | { readonly kind: 'broken'; readonly text: string }

/** Of the watchdog: with `prefix_logs=false` the process's own lines do not begin so. */
const OWN = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d ([^]*)$/
const CALL =
  /^([A-Z]{1,20}) (\S{1,8000}) - (\d{3}) - ContentLength: (\d{1,19})B In: \d{1,19}B \((\d{1,9}\.\d{1,9})s\)(.{0,500}?)(?: \[[\w-]{1,100}\])?$/
/** At every start, change and end: they say nothing new. */
const USUAL = [
  'fwatchdog ',
  'mode: ',
  'timeouts: ',
  'listening on port',
  'SIGUSR2: ',
  'terminated: ',
  'no new connections allowed',
  'exiting, active',
]
const WAITING = 'waiting for the next SIGUSR2'

/** Null: nothing to show. */
export function shownRecord(line: string): ShownRecord | null {
  const text = line.replace(/\n$/, '')
  const [, own] = OWN.exec(text) ?? []
  if (own === undefined) return { kind: 'line', text }
  const call = CALL.exec(own)
  if (call !== null) {
    const [, method = '', path = '', status = '', bytes = '', seconds = '', rest = ''] = call
    const ms = Math.round(Number(seconds) * 1_000)
    return {
      kind: 'call',
      status: Number(status),
      text: `${method} ${path} ${status} ${bytes} B ${ms} ms${rest}`,
    }
  }
  if (own.includes(WAITING))
    return {
      kind: 'broken',
      text: own.replace(WAITING, 'the next edit starts it again').replace("the function's", 'the'),
    }
  return USUAL.some((start) => own.startsWith(start)) ? null : { kind: 'line', text: own }
}
