import { Icon, Logo } from '../parts/icon.tsx'
import { Choice, Search } from '../parts/fields.tsx'
import { Loading, Page, Problem } from '../parts/notice.tsx'
import {
  failures,
  isDisconnected,
  lastAnswerMs,
  namespace,
  namespaces,
  choose,
  problem,
  refresh,
  rows,
} from '../state/overview.ts'
import { place, setQuery } from '../state/router.ts'
import { Copy } from '../parts/copy.tsx'
import { AttentionList } from './attention.tsx'
import { FunctionTable } from './function-table.tsx'
import { HostStrip } from './host-strip.tsx'
import { matches, orderOf, sorted } from './sorting.ts'

export function OverviewPage() {
  const filter = place.value.query.get('filter') ?? ''
  const order = orderOf(place.value.query.get('sort') ?? '')
  const all = [...rows.value.values()].filter(
    (row) => namespace.value === '' || row.namespace === namespace.value,
  )
  const shown = sorted(
    all.filter((row) => matches(row, filter)),
    order,
  )
  return (
    <Page title="Functions" tools={<HeadTools filter={filter} />}>
      <HostStrip />
      <AttentionList />
      {lastAnswerMs.value === 0 && failures.value > 0 && <Problem of={problem.value} again={refresh} />}
      {lastAnswerMs.value === 0 && !isDisconnected.value && <Loading lines={8} />}
      {lastAnswerMs.value > 0 && all.length === 0 && <NothingYet />}
      {all.length > 0 && shown.length === 0 && (
        <div class="card center">
          <p>No function matches “{filter}”.</p>
          <button class="btn" type="button" onClick={() => setQuery('filter', '')}>
            Clear
          </button>
        </div>
      )}
      {shown.length > 0 && <FunctionTable rows={shown} order={order} />}
    </Page>
  )
}

function HeadTools({ filter }: { readonly filter: string }) {
  return (
    <>
      {namespaces.value.length > 1 && (
        <Choice
          label="Namespace"
          value={namespace.value}
          options={[['', 'all namespaces'], ...namespaces.value.map((name) => [name, name] as const)]}
          onChange={choose}
        />
      )}
      <Search
        label="Filter functions"
        placeholder="Name or image"
        value={filter}
        onChange={(value) => setQuery('filter', value)}
        hasKey
      />
      <a class="btn main" href="/ui/deploy">
        <Icon name="plus" />
        Deploy
      </a>
    </>
  )
}

function NothingYet() {
  const lines = `export OPENFAAS_URL=http://${location.hostname}:8080\nfaas-cli login --username admin\nfaas-cli up -f stack.yml`
  return (
    <section class="card center" aria-label="Nothing runs here yet">
      <Logo big />
      <h2>Nothing runs here yet.</h2>
      <div class="row wrap">
        <a class="btn main" href="/ui/store">
          Choose from the store
        </a>
        <a class="btn" href="/ui/deploy">
          Deploy an image
        </a>
      </div>
      <p class="muted">Or drop a stack file anywhere on this page, or type:</p>
      <pre class="code" tabIndex={0}>
        {lines}
      </pre>
      <Copy text={() => lines} label="Copy the commands" word="Copy" />
    </section>
  )
}
