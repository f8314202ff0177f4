import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'

/** What went wrong, beside what caused it, until it goes well. Nothing when `of` is empty. */
export function Problem({ of, again }: { readonly of: string; readonly again?: () => void }) {
  return (
    <div role="alert">
      {of !== '' && (
        <div class="notice bad">
          <Icon name="warn" />
          <p>{of}</p>
          {again !== undefined && (
            <button class="btn tiny push" type="button" onClick={again}>
              Try again
            </button>
          )}
        </div>
      )}
    </div>
  )
}

interface PageProps {
  readonly title: string
  readonly tools?: ComponentChildren
  readonly children: ComponentChildren
}

/** The heading takes the focus after a change of pages, so that a screen reader says where one is. */
export function Page({ title, tools, children }: PageProps) {
  return (
    <>
      <div class={title === 'Functions' ? 'head overview' : 'head'}>
        <h1 tabIndex={-1}>{title}</h1>
        {tools}
      </div>
      {children}
    </>
  )
}

export function Empty({ children }: { readonly children: ComponentChildren }) {
  return <div class="card center muted">{children}</div>
}

/** Grey bars where lines will be. */
export function Loading({ lines = 4 }: { readonly lines?: number }) {
  return (
    <ul class="card list" aria-label="Loading" aria-busy="true">
      {Array.from({ length: lines }, (_, i) => (
        <li key={i}>
          <span class="ghost" />
          <span class="ghost push" />
        </li>
      ))}
    </ul>
  )
}
