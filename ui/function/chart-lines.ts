/** One drawing of a chart: its values by time, null where nothing was measured. */
export interface Line {
  readonly values: readonly (number | null)[]
  readonly kind: 'area' | 'line' | 'dashed' | 'bars'
}

export const WIDTH = 300
export const HEIGHT = 76

/** Points in the units of the drawing; a gap starts a new path. */
export function pathOf(values: readonly (number | null)[], top: number): string {
  const step = WIDTH / Math.max(values.length - 1, 1)
  let path = ''
  let isOpen = false
  values.forEach((value, i) => {
    if (value === null) {
      isOpen = false
      return
    }
    path += `${isOpen ? 'L' : 'M'}${(i * step).toFixed(1)},${heightOf(value, top)}`
    isOpen = true
  })
  return path
}

const heightOf = (value: number, top: number): string =>
  (HEIGHT - (top > 0 ? value / top : 0) * (HEIGHT - 1)).toFixed(1)

export function areaOf(values: readonly (number | null)[], top: number): string {
  const filled = values.map((value) => value ?? 0)
  return `${pathOf(filled, top).replace('M', `M0,${HEIGHT}L`)}L${WIDTH},${HEIGHT}Z`
}

export function barsOf(values: readonly (number | null)[], top: number): string {
  const step = WIDTH / Math.max(values.length, 1)
  return values
    .map((value, i) =>
      value === null || value === 0
        ? ''
        : `M${(i * step).toFixed(1)},${HEIGHT}V${heightOf(value, top)}h${Math.max(step * 0.8, 1.5).toFixed(1)}V${HEIGHT}Z`,
    )
    .join('')
}

export const topOf = (lines: readonly Line[]): number =>
  Math.max(0, ...lines.flatMap((line) => line.values.map((value) => value ?? 0)))

/** Sums of `size` values that follow each other; null where none of them was measured. */
export function summed(values: readonly (number | null)[], size: number): readonly (number | null)[] {
  const sums: (number | null)[] = []
  for (let at = 0; at < values.length; at += size) {
    const some = values.slice(at, at + size).filter((value) => value !== null)
    sums.push(some.length === 0 ? null : some.reduce((sum, value) => sum + value, 0))
  }
  return sums
}
