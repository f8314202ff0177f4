/** One line of the result. */
export interface Row {
  readonly what: string
  readonly measured: string
  /** What design and SPECIFICATION.md ask for; absent: for orientation only. */
  readonly target?: string
  /** Absent where there is no target. */
  readonly reached?: boolean
}

export function printTable(title: string, rows: readonly Row[]): void {
  const cells = rows.map(({ what, measured, target, reached }) => [
    what,
    measured,
    target ?? '',
    reached === undefined ? '' : reached ? 'yes' : 'NO',
  ])
  const all = [['what', 'measured', 'target', 'reached'], ...cells]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`
  const [head = [], ...rest] = all
  console.log(`\n${title}\n`)
  console.log([line(head), rule, ...rest.map(line)].join('\n'))
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
