// Times by the layouts of Go's package time: how they look is said by example, of one certain moment.

/** Names that `--time-format` knows (cli.md 3.11). */
const NAMED: Readonly<Record<string, string>> = {
  ansic: 'Mon Jan _2 15:04:05 2006',
  unixdate: 'Mon Jan _2 15:04:05 MST 2006',
  rubydate: 'Mon Jan 02 15:04:05 -0700 2006',
  rfc822: '02 Jan 06 15:04 MST',
  rfc822z: '02 Jan 06 15:04 -0700',
  rfc850: 'Monday, 02-Jan-06 15:04:05 MST',
  rfc1123: 'Mon, 02 Jan 2006 15:04:05 MST',
  rfc1123z: 'Mon, 02 Jan 2006 15:04:05 -0700',
  rfc3339: '2006-01-02T15:04:05Z07:00',
  rfc3339nano: '2006-01-02T15:04:05.999999999Z07:00',
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
)
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ')

/** A time with the digits and the zone that it was written with. */
export interface GoTime {
  /** Its zone's wall clock, as if that were UTC. */
  readonly local: Date
  /** Nine digits. */
  readonly nanos: string
  /** `Z`, or `+hh:mm`. */
  readonly zone: string
}

const RFC_3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/

/** Null: it is no time as in RFC 3339. */
export function readGoTime(text: string): GoTime | null {
  const [, seconds = '', digits = '', zone = ''] = RFC_3339.exec(text) ?? []
  const local = new Date(`${seconds}Z`)
  if (seconds === '' || Number.isNaN(local.getTime())) return null
  return { local, nanos: digits.padEnd(9, '0'), zone: zone === '+00:00' ? 'Z' : zone }
}

/** The layout behind a name; a layout is itself. */
export function layoutOf(name: string): string {
  const key = name.toLowerCase()
  return Object.hasOwn(NAMED, key) ? (NAMED[key] ?? '') : name
}

/** The elements of layouts, the longest first where one begins another. */
const ELEMENT =
  /January|Jan|Monday|Mon|MST|2006|002|__2|_2(?!006)|01|02|03|04|05|06|15|PM|pm|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|[.,](?:0+|9+)(?!\d)|1|2|3|4|5/g

export function formatGoTime(time: GoTime, layout: string): string {
  return layout.replace(ELEMENT, (element) => written(element, time))
}

function written(element: string, time: GoTime): string {
  if (/^Z?-?07/.test(element)) return zoneOf(time.zone, element)
  if (/^[.,]/.test(element)) return fraction(element, time.nanos)
  return ofDate(element, time) ?? ofClock(element, time)
}

function ofDate(element: string, { local }: GoTime): string | null {
  const day = local.getUTCDate()
  const month = local.getUTCMonth()
  const year = String(local.getUTCFullYear()).padStart(4, '0')
  const ofYear = Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / 86_400_000) + 1
  const weekday = DAYS[local.getUTCDay()] ?? ''
  const name = MONTHS[month] ?? ''
  const all: Readonly<Record<string, string>> = {
    January: name,
    Jan: name.slice(0, 3),
    Monday: weekday,
    Mon: weekday.slice(0, 3),
    '2006': year,
    '06': year.slice(-2),
    '01': two(month + 1),
    '1': String(month + 1),
    '02': two(day),
    _2: String(day).padStart(2),
    '2': String(day),
    '002': String(ofYear).padStart(3, '0'),
    __2: String(ofYear).padStart(3),
  }
  return all[element] ?? null
}

function ofClock(element: string, { local, zone }: GoTime): string {
  const hour = local.getUTCHours()
  const twelve = hour % 12 === 0 ? 12 : hour % 12
  const all: Readonly<Record<string, string>> = {
    '15': two(hour),
    '03': two(twelve),
    '3': String(twelve),
    '04': two(local.getUTCMinutes()),
    '4': String(local.getUTCMinutes()),
    '05': two(local.getUTCSeconds()),
    '5': String(local.getUTCSeconds()),
    PM: hour < 12 ? 'AM' : 'PM',
    pm: hour < 12 ? 'am' : 'pm',
    // A zone of which only the distance is known has no name.
    MST: zone === 'Z' ? 'UTC' : zone.replace(':', ''),
  }
  return all[element] ?? element
}

function zoneOf(zone: string, element: string): string {
  if (zone === 'Z' && element.startsWith('Z')) return 'Z'
  const [hours = '', minutes = ''] = (zone === 'Z' ? '+00:00' : zone).split(':')
  const form = element.slice(1)
  if (form === '07') return hours
  const colon = form.includes(':') ? ':' : ''
  const seconds = form.length > 5 ? `${colon}00` : ''
  return `${hours}${colon}${minutes}${seconds}`
}

function fraction(element: string, nanos: string): string {
  const digits = nanos.slice(0, element.length - 1)
  if (element[1] === '0') return `${element[0] ?? ''}${digits}`
  const short = digits.replace(/0+$/, '')
  return short === '' ? '' : `${element[0] ?? ''}${short}`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
