import { signal } from '@preact/signals'
import { placeOf } from './routes.ts'

export const place = signal(placeOf(location.pathname, location.search))

/** Asked before a page with unsaved changes is left. */
export const unsaved = signal(false)

const mayLeave = (): boolean => {
  if (!unsaved.value || confirm('Leave the form? What you changed is not deployed.')) {
    unsaved.value = false
    return true
  }
  return false
}

export function go(to: string, replace = false): void {
  if (!replace && !mayLeave()) return
  history[replace ? 'replaceState' : 'pushState'](null, '', to)
  place.value = placeOf(location.pathname, location.search)
  if (!replace) scrollTo(0, 0)
}

/** Keeps `key` in the address, so that reload, back and a bookmark bring it again. */
export function setQuery(key: string, value: string): void {
  const query = new URLSearchParams(location.search)
  if (value === '') query.delete(key)
  else query.set(key, value)
  const text = query.toString()
  go(location.pathname + (text === '' ? '' : `?${text}`), true)
}

export function followLinks(): void {
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey)
      return
    const link = event.target instanceof Element ? event.target.closest('a') : null
    const path = link?.getAttribute('href') ?? ''
    if (link === null || link.target !== '' || !path.startsWith('/ui/')) return
    event.preventDefault()
    go(path)
  })
  addEventListener('popstate', () => (place.value = placeOf(location.pathname, location.search)))
  addEventListener('beforeunload', (event) => {
    if (unsaved.value) event.preventDefault()
  })
}
