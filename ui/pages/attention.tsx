import { useSignal } from '@preact/signals'
import { Icon } from '../parts/icon.tsx'
import { attention, rows } from '../state/overview.ts'
import { functionPath } from '../state/routes.ts'
import type { Attention, OverviewRow } from '../state/wire.ts'

const SHOWN = 3

/** What fails, a line each; nothing when all is well. */
export function AttentionList() {
  const showsAll = useSignal(false)
  const all = attention.value
  const shown = showsAll.value ? all : all.slice(0, SHOWN)
  return (
    <>
      {shown.map((line, i) => (
        <Line key={i} line={line} />
      ))}
      {shown.length < all.length && (
        <button class="btn quiet tiny" type="button" onClick={() => (showsAll.value = true)}>
          and {all.length - SHOWN} more
        </button>
      )}
    </>
  )
}

/** The row that a line is about, if it is about a function: `NAME.NAMESPACE`, or a name alone. */
function rowOf(subject: string): OverviewRow | undefined {
  return rows.value.get(subject) ?? [...rows.value.values()].find((row) => row.name === subject)
}

function targetOf({ kind = '', subject = '' }: Attention): string {
  if (/dead|queue/.test(kind)) return '/ui/queue/dead'
  const row = rowOf(subject)
  return row === undefined ? '/ui/system' : functionPath(row.namespace, row.name)
}

function Line({ line }: { readonly line: Attention }) {
  const name = rowOf(line.subject ?? '')?.name ?? line.subject ?? ''
  const isBad = line.level === 'bad' || /fail|crash|engine|start/.test(line.kind ?? '')
  return (
    <section class={isBad ? 'notice bad' : 'notice'} aria-label={`Needs attention: ${name}`}>
      <Icon name="warn" />
      <p>
        {name !== '' && <b>{name}: </b>}
        {line.text ?? ''}
      </p>
      <a class="push small" href={targetOf(line)}>
        Look<span class="sr"> at {name === '' ? (line.kind ?? 'it') : name}</span>
      </a>
    </section>
  )
}
