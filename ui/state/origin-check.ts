import { signal } from '@preact/signals'

export const originProblem = signal(false)

/**
 * A proxy that joins the page's address with that of functions takes the border away that keeps them apart. Our own
 * listener says that nothing but the page is here.
 */
export async function checkOrigin(): Promise<void> {
  const answer = await fetch('/function/_sampan-origin-check', { credentials: 'omit' }).catch(() => undefined)
  if (answer === undefined) return
  originProblem.value = !(answer.status === 404 && answer.headers.get('Sampan-Ui-Only') === '1')
}
