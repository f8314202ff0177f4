/** What the doctor says about one thing. */
export interface Finding {
  readonly subject: string
  readonly state: 'ok' | 'warning' | 'failed'
  /** What there is, in a few words. */
  readonly text: string
  /** What to do about it; empty when all is well. */
  readonly hint: string
}

export function ok(subject: string, text: string): Finding {
  return { subject, state: 'ok', text, hint: '' }
}

export function warning(subject: string, text: string, hint: string): Finding {
  return { subject, state: 'warning', text, hint }
}

export function failed(subject: string, text: string, hint: string): Finding {
  return { subject, state: 'failed', text, hint }
}
