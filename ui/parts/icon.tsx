const DRAWINGS = {
  fn: 'M2.5 11.5h11l-1.6 2H4.1zM8 2.5v7M8 3l4.5 6.5H8',
  queue: 'M2.5 4h11M2.5 8h11M2.5 12h6',
  events: 'M1.5 8.5h3l2-5 3 9 2-4h3',
  secret:
    'M4.5 7h7A1.5 1.5 0 0 1 13 8.5v3.5A1.5 1.5 0 0 1 11.5 13.5h-7A1.5 1.5 0 0 1 3 12V8.5A1.5 1.5 0 0 1 4.5 7zM5.2 7V5a2.8 2.8 0 0 1 5.6 0v2',
  ns: 'M2.5 2.5H7V7H2.5zM9 2.5h4.5V7H9zM2.5 9H7v4.5H2.5zM9 9h4.5v4.5H9z',
  store: 'M3 6.5h10l-.7 7H3.7zM5.5 6.5V5a2.5 2.5 0 0 1 5 0v1.5',
  system: 'M2.5 3h11v8h-11zM6 13.5h4M8 11v2.5',
  search: 'M11.3 7a4.3 4.3 0 1 1-8.6 0 4.3 4.3 0 0 1 8.6 0zM10.3 10.3l3.2 3.2',
  plus: 'M8 3v10M3 8h10',
  warn: 'M8 2.5 14 13H2zM8 6.5v3M8 11.3v.1',
  copy: 'M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1',
  more: 'M3.4 8h.2M7.9 8h.2M12.4 8h.2',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5 12 8l-7 4.5z',
  down: 'M8 2.5v8M4.5 7 8 10.5 11.5 7M3 13.5h10',
  up: 'M8 10.5v-8M4.5 6 8 2.5 11.5 6M3 13.5h10',
  x: 'm4 4 8 8M12 4l-8 8',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  out: 'M6.5 2.5h-4v11h4M10.5 5 13.5 8l-3 3M13.5 8H6',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
} as const
export type IconName = keyof typeof DRAWINGS

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={DRAWINGS[name]} />
    </svg>
  )
}

export function Logo({ big = false }: { readonly big?: boolean }) {
  return (
    <svg class={big ? 'logo' : ''} viewBox="0 3 32 32" aria-hidden="true">
      <path class="canopy" d="M7 17.6c.5-5.1 3.7-8.1 9-8.1s8.5 3 9 8.1z" />
      <path class="ribs" d="M11.2 17.6c.2-3 .9-5.5 2.1-7.8M16 17.6V9.5M20.8 17.6c-.2-3-.9-5.5-2.1-7.8" />
      <path
        class="hull"
        d="M1 15.6c3 2 5.4 2.6 8.6 2.6h12.8c3.2 0 5.6-.6 8.6-2.6-1.1 5-3.7 7.8-7.6 7.8H8.6c-3.9 0-6.5-2.8-7.6-7.8z"
      />
      <path
        class="water"
        d="M4 27.4c2 0 2-1.1 4-1.1s2 1.1 4 1.1 2-1.1 4-1.1 2 1.1 4 1.1 2-1.1 4-1.1 2 1.1 4 1.1"
      />
    </svg>
  )
}
