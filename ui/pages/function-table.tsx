import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { setQuery } from '../state/router.ts'
import type { OverviewRow } from '../state/wire.ts'
import { FunctionRow } from './function-row.tsx'
import { COLUMNS, nextOrder, type Column, type Order } from './sorting.ts'
import { keyOf } from '../state/overview.ts'

/** Above this only rows near the screen are drawn. */
const WHOLE = 200
/** Pixels of a row: wide, and where the table is entries of two lines. */
const ROW = 45
const ENTRY = 59
const SPARE = 20

interface FunctionTableProps {
  readonly rows: readonly OverviewRow[]
  readonly order: Order
}

export function FunctionTable({ rows, order }: FunctionTableProps) {
  const body = useRef<HTMLTableSectionElement>(null)
  const { from, to, height } = useWindow(body, rows.length)
  return (
    <section class="card" aria-label="Functions">
      <table class="fns">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <Head key={column.key} column={column} order={order} />
            ))}
            <th>
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer height={from * height} />
          {rows.slice(from, to).map((row) => (
            <FunctionRow key={keyOf(row)} row={row} />
          ))}
          <Spacer height={(rows.length - to) * height} />
        </tbody>
      </table>
    </section>
  )
}

function Head({ column, order }: { readonly column: Column; readonly order: Order }) {
  const isSorted = column.key === order.key
  const classes = [column.isNumber ? 'num' : '', column.isOptional === true ? 'opt' : ''].join(' ').trim()
  return (
    <th class={classes} aria-sort={isSorted ? (order.falls ? 'descending' : 'ascending') : undefined}>
      <button type="button" onClick={() => setQuery('sort', nextOrder(order, column))}>
        {column.word}
        {isSorted ? (order.falls ? ' ↓' : ' ↑') : ''}
      </button>
    </th>
  )
}

/** Holds the place of rows that are not drawn; an attribute, because the page allows no `style`. */
function Spacer({ height }: { readonly height: number }) {
  if (height <= 0) return null
  return (
    <tr class="spacer" aria-hidden="true">
      <td colSpan={COLUMNS.length + 1}>
        <svg width="1" height={height} />
      </td>
    </tr>
  )
}

interface Window {
  readonly from: number
  readonly to: number
  readonly height: number
}

function useWindow(body: { readonly current: HTMLElement | null }, count: number): Window {
  const window = useSignal<Window>({ from: 0, to: Math.min(count, WHOLE), height: ROW })
  useEffect(() => {
    if (count <= WHOLE) {
      window.value = { from: 0, to: count, height: ROW }
      return
    }
    const look = (): void => {
      const height = innerWidth <= 720 ? ENTRY : ROW
      const above = Math.max(0, -(body.current?.getBoundingClientRect().top ?? 0))
      const from = Math.max(0, Math.floor(above / height / SPARE) * SPARE - SPARE)
      const to = Math.min(count, from + Math.ceil(innerHeight / height) + 3 * SPARE)
      if (from !== window.value.from || to !== window.value.to) window.value = { from, to, height }
    }
    look()
    addEventListener('scroll', look, { passive: true })
    addEventListener('resize', look)
    return () => {
      removeEventListener('scroll', look)
      removeEventListener('resize', look)
    }
  }, [count])
  return { ...window.value, to: Math.min(window.value.to, count) }
}
