const WIDTH = 84
const HEIGHT = 22

/** Calls a second over the last hour, oldest first; drawn against its own maximum. */
export function Spark({ values, isIdle }: { readonly values: readonly number[]; readonly isIdle: boolean }) {
  const line = values.length === 0 ? [0, 0] : values
  const top = Math.max(...line, Number.MIN_VALUE)
  const step = WIDTH / Math.max(line.length - 1, 1)
  const points = line.map(
    (value, i) => `${(i * step).toFixed(1)},${(HEIGHT - (value / top) * (HEIGHT - 1)).toFixed(1)}`,
  )
  return (
    <svg class={isIdle ? 'spark idle' : 'spark'} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden="true">
      {!isIdle && <path class="a" d={`M0,${HEIGHT}L${points.join('L')}L${WIDTH},${HEIGHT}Z`} />}
      <polyline class="l" points={points.join(' ')} />
    </svg>
  )
}

interface BarProps {
  /** 0 to 1. */
  readonly share: number
  readonly tone?: '' | 'warn' | 'bad'
}

export function Bar({ share, tone = '' }: BarProps) {
  const width = Math.max(0, Math.min(100, share * 100))
  return (
    <svg class="bar track" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true">
      <rect class="t" width="100" height="4" />
      <rect class={`v ${tone}`} width={width} height="4" />
    </svg>
  )
}
