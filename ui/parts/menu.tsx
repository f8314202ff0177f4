import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from './icon.tsx'

/** Buttons and links behind three dots. `Esc`, a choice, or a click elsewhere closes it. */
export function Menu({ label, children }: { readonly label: string; readonly children: ComponentChildren }) {
  const isOpen = useSignal(false)
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!isOpen.value) return
    const close = (event: Event): void => {
      if (event instanceof KeyboardEvent && event.key !== 'Escape') return
      if (event.type === 'click' && ref.current?.querySelector('button')?.contains(event.target as Node))
        return
      isOpen.value = false
    }
    document.addEventListener('click', close)
    document.addEventListener('keydown', close)
    return () => {
      document.removeEventListener('click', close)
      document.removeEventListener('keydown', close)
    }
  }, [isOpen.value])
  return (
    <div class="menu" ref={ref}>
      <button
        class="btn quiet tiny"
        type="button"
        aria-label={label}
        aria-expanded={isOpen.value}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        <Icon name="more" />
      </button>
      {isOpen.value && <div>{children}</div>}
    </div>
  )
}
