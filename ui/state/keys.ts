import { signal } from '@preact/signals'
import { go } from './router.ts'
import { recall, remember } from './storage.ts'

/** One-letter keys can be switched off (WCAG 2.1.4): speech input types letters. */
export const hasKeys = signal(recall('keys') !== 'off')
export const showsKeys = signal(false)

const AFTER_G: Readonly<Record<string, string>> = {
  f: '/ui/',
  q: '/ui/queue',
  e: '/ui/events',
  s: '/ui/system',
}

export function setKeys(isOn: boolean): void {
  hasKeys.value = isOn
  remember('keys', isOn ? null : 'off')
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable)

let wasG = false

export function listenToKeys(): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target) || !hasKeys.value) return
    if (document.querySelector('dialog[open]') !== null) return
    if (pressed(event.key)) event.preventDefault()
  })
}

function pressed(key: string): boolean {
  const to = wasG ? AFTER_G[key] : undefined
  wasG = key === 'g'
  if (to !== undefined) go(to)
  else if (key === '/') return focused('input[type=search]')
  else if (key === '?') showsKeys.value = true
  else if (key === 'd') go('/ui/deploy')
  else if (key === 'c') return focused('#call-target')
  else if (key === 'l') return clicked('a[data-key=l]')
  else if (key === 'j' || key === 'k') return moved(key === 'j' ? 1 : -1)
  else return false
  return true
}

function focused(selector: string): boolean {
  const field = document.querySelector<HTMLInputElement>(selector)
  field?.focus()
  field?.select()
  return field !== null
}

function clicked(selector: string): boolean {
  const link = document.querySelector<HTMLElement>(selector)
  link?.click()
  return link !== null
}

/** From row to row: the link of a row has the focus, so that Enter opens it. */
function moved(by: number): boolean {
  const links = [...document.querySelectorAll<HTMLElement>('a[data-row]')]
  const next = links[links.findIndex((link) => link === document.activeElement) + by]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
  return links.length > 0
}
