import { signal } from '@preact/signals'
import { recall, remember } from './storage.ts'

const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const themeOf = (text: string | null): Theme => THEMES.find((theme) => theme === text) ?? 'system'

export const theme = signal<Theme>(themeOf(recall('theme')))

export function showTheme(): void {
  if (theme.value === 'system') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme.value
}

/** As the system, light, dark, and again. */
export function nextTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'system'
  remember('theme', theme.value)
  showTheme()
}
