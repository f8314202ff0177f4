import { Search } from '../parts/fields.tsx'
import { Empty, Loading, Page, Problem } from '../parts/notice.tsx'
import { useLoaded } from '../state/load.ts'
import { host } from '../state/overview.ts'
import { place, setQuery } from '../state/router.ts'
import { imageFor, loadStore } from '../state/store.ts'
import type { StoreEntry } from '../state/wire.ts'

export function StorePage() {
  const { value, problem, again } = useLoaded('store', loadStore)
  const text = place.value.query.get('text') ?? ''
  const wanted = text.toLowerCase()
  const shown = value.value?.filter((entry) =>
    `${entry.title ?? ''} ${entry.name} ${entry.description ?? ''}`.toLowerCase().includes(wanted),
  )
  return (
    <Page
      title="Store"
      tools={
        <Search label="Search the store" value={text} onChange={(next) => setQuery('text', next)} hasKey />
      }
    >
      <Problem of={problem.value} again={again} />
      {shown === undefined && problem.value === '' && <Loading lines={6} />}
      {shown?.length === 0 && (
        <Empty>{text === '' ? 'The store of this daemon has nothing.' : `Nothing matches “${text}”.`}</Empty>
      )}
      <ul class="cards">
        {shown?.map((entry) => (
          <Card key={entry.name} entry={entry} />
        ))}
      </ul>
    </Page>
  )
}

function Card({ entry }: { readonly entry: StoreEntry }) {
  const architectures = Object.keys(entry.images ?? {})
  const image = imageFor(entry, host.value.arch)
  return (
    <li class="card">
      <h2>{entry.title ?? entry.name}</h2>
      <p>{entry.description ?? ''}</p>
      <p class="muted small">
        {[entry.author ?? '', architectures.join(', ')].filter(Boolean).join(' · ')}
        <br />
        <code>{image ?? '–'}</code>
      </p>
      <p class="row">
        {image === undefined ? (
          <span class="muted">No image for {host.value.arch ?? 'this host'}</span>
        ) : (
          <a class="btn tiny" href={`/ui/deploy?store=${encodeURIComponent(entry.name)}`}>
            Deploy<span class="sr"> {entry.title ?? entry.name}</span>
          </a>
        )}
      </p>
    </li>
  )
}
