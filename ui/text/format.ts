/** What stands for a figure that is not there: none was measured, or the daemon is older than this page. */
export const DASH = '–'

type Maybe = number | null | undefined

const known = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value)

/** Three significant digits at most, no exponent. */
export function figure(value: Maybe): string {
  if (!known(value)) return DASH
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 1000) return Math.round(value).toLocaleString('en-US')
  if (size >= 100) return value.toFixed(0)
  if (Number.isInteger(value)) return String(value)
  if (size < 0.01) return value < 0 ? value.toPrecision(1) : '<0.01'
  return value.toFixed(size >= 1 ? 1 : 2)
}

/** A rate of calls: `24.6`, `0.1`. */
export const rate = (perSecond: Maybe): string => (known(perSecond) ? trimmed(figure(perSecond)) : DASH)

const trimmed = (text: string): string =>
  text.includes('.') ? text.replace(/0$/, '').replace(/\.0?$/, '') : text

/** Of 1: `0.2 %`, `0`, `100 %`. */
export function share(value: Maybe): string {
  if (!known(value)) return DASH
  const percent = value * 100
  if (percent === 0) return '0'
  if (percent < 0.1) return '<0.1 %'
  return `${percent < 10 ? percent.toFixed(1).replace(/\.0$/, '') : percent.toFixed(0)} %`
}

/** Thousandths of a core, as percent of one. */
export const cpu = (milli: Maybe): string =>
  !known(milli) ? DASH : milli < 5 ? '0' : `${Math.round(milli / 10)} %`

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

export function bytes(value: Maybe): string {
  if (!known(value)) return DASH
  let size = value
  let unit = 0
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1024
    unit += 1
  }
  const digits = unit < 3 || size >= 100 || Number.isInteger(size) ? 0 : 1
  return `${size.toFixed(digits)} ${UNITS[unit] ?? ''}`
}

/** A duration, short: `0.9 ms`, `18 ms`, `4.1 s`, `2 min`. */
export function millis(ms: Maybe): string {
  if (!known(ms)) return DASH
  if (ms < 10) return `${ms.toFixed(1).replace(/\.0$/, '')} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
  return span(ms)
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
]

/** One unit, rounded down: `3 h`. */
export function span(ms: Maybe): string {
  if (!known(ms)) return DASH
  for (const [size, unit] of SPANS) if (ms >= size) return `${Math.floor(ms / size)} ${unit}`
  return '0 s'
}

/** How long ago: `now`, `2 s`, `4 min`; `never` for what has not been. */
export function ago(atMs: Maybe, nowMs: number): string {
  if (atMs === null) return 'never'
  if (!known(atMs)) return DASH
  const passed = nowMs - atMs
  return passed < 1500 ? 'now' : span(passed)
}

const two = (value: number): string => String(value).padStart(2, '0')

/** `18:29:01`, in the zone of the browser. */
export function clock(atMs: Maybe): string {
  if (!known(atMs)) return DASH
  const at = new Date(atMs)
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** `2026-11-28 18:29:01`, in the zone of the browser. */
export function moment(atMs: Maybe): string {
  if (!known(atMs)) return DASH
  const at = new Date(atMs)
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(atMs)}`
}

/** Epoch milliseconds of either form that the API has; undefined for what is none. */
export function timeOf(value: unknown): number | undefined {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(ms) ? ms : undefined
}

/** `1 call`, `2 calls`. */
export const counted = (count: number, noun: string): string =>
  `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`
