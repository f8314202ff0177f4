import { signal } from '@preact/signals'

/** Epoch milliseconds, a second at a time: ages are drawn again when it changes. */
export const now = signal(Date.now())

export function watchClock(): void {
  setInterval(() => {
    if (!document.hidden) now.value = Date.now()
  }, 1000)
}
