const SHAPES = {
  ready: <circle cx="5" cy="5" r="4.5" fill="currentColor" />,
  degraded: (
    <>
      <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.6" />
      <path d="M5 1a4 4 0 0 1 0 8z" fill="currentColor" />
    </>
  ),
  starting: (
    <circle
      cx="5"
      cy="5"
      r="4"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-dasharray="16 9"
    />
  ),
  frozen: <path d="M5 0 10 5 5 10 0 5z" fill="currentColor" />,
  zero: <circle cx="5" cy="5" r="4" fill="none" stroke="currentColor" stroke-width="1.6" />,
  failed: <path d="M5 .4 10 9.6H0z" fill="currentColor" />,
} as const
type Shape = keyof typeof SHAPES

const SHAPE_OF: Readonly<Record<string, Shape>> = {
  updating: 'starting',
  sleeping: 'zero',
  failing: 'failed',
  ok: 'ready',
  live: 'ready',
  serving: 'ready',
  running: 'ready',
  warn: 'degraded',
  bad: 'failed',
  dead: 'failed',
  succeeded: 'ready',
  cancelled: 'zero',
  expired: 'zero',
  queued: 'zero',
  waiting: 'starting',
  off: 'zero',
  away: 'failed',
  paused: 'frozen',
}

const WORD: Readonly<Record<string, string>> = { zero: 'at zero', sleeping: 'at zero', failing: 'failed' }

const isShape = (state: string): state is Shape => Object.hasOwn(SHAPES, state)

interface StateMarkProps {
  /** A state of the API; one that this page does not know shows as its word, with a ring. */
  readonly of: string | undefined
  readonly word?: string
  readonly title?: string | undefined
  readonly pill?: boolean
}

/** Shape and word: the colour never says anything alone. */
export function StateMark({ of, word, title, pill = false }: StateMarkProps) {
  if (of === undefined) return <span class="dim">–</span>
  const shape = isShape(of) ? of : (SHAPE_OF[of] ?? 'zero')
  return (
    <span class={`state ${shape}${pill ? ' pill' : ''}`} title={title}>
      <svg viewBox="0 0 10 10" aria-hidden="true">
        {SHAPES[shape]}
      </svg>
      {word ?? WORD[of] ?? of}
    </span>
  )
}
