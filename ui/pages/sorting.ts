import type { OverviewRow } from '../state/wire.ts'

/** A column of the overview; `more` first falls, the rest first rise. */
export interface Column {
  readonly key: string
  readonly word: string
  readonly of: (row: OverviewRow) => number | string
  readonly isNumber: boolean
  /** Left out where the window is narrower. */
  readonly isOptional?: boolean
}

const number = (value: number | null | undefined): number => value ?? -1

export const COLUMNS: readonly Column[] = [
  { key: 'name', word: 'Function', of: (row) => row.name, isNumber: false },
  { key: 'state', word: 'State', of: (row) => row.state ?? '', isNumber: false },
  { key: 'replicas', word: 'Replicas', of: (row) => number(row.ready), isNumber: true },
  { key: 'calls', word: 'Calls/s', of: (row) => number(row.callsPerSecond), isNumber: true },
  { key: 'errors', word: 'Errors', of: (row) => number(row.errorShare), isNumber: true },
  { key: 'p50', word: 'p50', of: (row) => number(row.p50Ms), isNumber: true },
  { key: 'p99', word: 'p99', of: (row) => number(row.p99Ms), isNumber: true },
  { key: 'cpu', word: 'CPU', of: (row) => number(row.cpuMilli), isNumber: true, isOptional: true },
  { key: 'memory', word: 'Memory', of: (row) => number(row.memoryBytes), isNumber: true },
  { key: 'queue', word: 'Queue', of: (row) => number(row.queue), isNumber: true },
  { key: 'last', word: 'Last call', of: (row) => number(row.lastCallMs), isNumber: true, isOptional: true },
]

export interface Order {
  readonly key: string
  readonly falls: boolean
}

/** As the address has it: `p99` rises, `-p99` falls; the default is the most calls first. */
export function orderOf(text: string): Order {
  const key = text.replace(/^-/, '')
  return COLUMNS.some((column) => column.key === key)
    ? { key, falls: text.startsWith('-') }
    : { key: 'calls', falls: true }
}

export const nextOrder = (order: Order, column: Column): string =>
  order.key === column.key
    ? `${order.falls ? '' : '-'}${column.key}`
    : `${column.isNumber ? '-' : ''}${column.key}`

/** Rows that are alike keep the order of their names, so that nothing jumps. */
export function sorted(rows: readonly OverviewRow[], order: Order): readonly OverviewRow[] {
  const of = COLUMNS.find((column) => column.key === order.key)?.of ?? (() => 0)
  const sign = order.falls ? -1 : 1
  return rows.toSorted((a, b) => {
    const [left, right] = [of(a), of(b)]
    if (left !== right) return left < right ? -sign : sign
    return a.name < b.name ? -1 : 1
  })
}

export function matches(row: OverviewRow, filter: string): boolean {
  const wanted = filter.trim().toLowerCase()
  return wanted === '' || `${row.name} ${row.image ?? ''}`.toLowerCase().includes(wanted)
}
