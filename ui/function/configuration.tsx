import { useSignal } from '@preact/signals'
import { Loading, Problem } from '../parts/notice.tsx'
import { When } from '../parts/when.tsx'
import { get } from '../state/api.ts'
import { systemPath, type Named } from '../state/actions.ts'
import { functionPath } from '../state/routes.ts'
import { useLoaded, type Loaded } from '../state/load.ts'
import type { FunctionStatus, Resources } from '../state/wire.ts'
import { DASH, timeOf } from '../text/format.ts'

function useStatus(of: Named): Loaded<FunctionStatus> {
  const path = systemPath(of)
  return useLoaded(path, (signal) => get<FunctionStatus>(path, { signal }))
}

const resourcesOf = (resources: Resources | undefined): string =>
  [resources?.memory, resources?.cpu === undefined ? '' : `${resources.cpu} CPU`]
    .filter(Boolean)
    .join(', ') || DASH

export function ConfigurationCard({ of }: { readonly of: Named }) {
  const { value, problem, again } = useStatus(of)
  const status = value.value
  return (
    <section class="card" aria-label="Configuration">
      <header>
        <h2>Configuration</h2>
        <a class="push small" href={functionPath(of.namespace, of.name, 'configuration')}>
          All of it
        </a>
      </header>
      <Problem of={problem.value} again={again} />
      <dl class="kv">
        <dt>Image</dt>
        <dd>
          <code>{status?.image ?? DASH}</code>
        </dd>
        <dt>Limits</dt>
        <dd>{resourcesOf(status?.limits)}</dd>
        <dt>Secrets</dt>
        <dd>
          <code>{status?.secrets?.join(', ') ?? DASH}</code>
        </dd>
        <dt>Revision</dt>
        <dd>
          {status?.status?.revision === undefined ? DASH : `r${status.status.revision}, `}
          {status?.createdAt !== undefined && <When ms={timeOf(status.createdAt)} suffix=" ago" />}
        </dd>
      </dl>
    </section>
  )
}

export function ConfigurationTab({ of }: { readonly of: Named }) {
  const { value, problem, again } = useStatus(of)
  const status = value.value
  if (status === undefined)
    return problem.value === '' ? <Loading /> : <Problem of={problem.value} again={again} />
  return (
    <div class="half">
      <section class="card" aria-label="What runs">
        <header>
          <h2>What runs</h2>
          <a class="push small" href={`/ui/deploy?from=${encodeURIComponent(`${of.namespace}/${of.name}`)}`}>
            Edit
          </a>
        </header>
        <dl class="kv">
          <dt>Image</dt>
          <dd>
            <code>{status.image ?? DASH}</code>
          </dd>
          <dt>Command</dt>
          <dd>
            <code>{status.envProcess ?? DASH}</code>
          </dd>
          <dt>Limits</dt>
          <dd>{resourcesOf(status.limits)}</dd>
          <dt>Requests</dt>
          <dd>{resourcesOf(status.requests)}</dd>
          <dt>Secrets</dt>
          <dd>{status.secrets?.join(', ') ?? DASH}</dd>
          <dt>Root file system</dt>
          <dd>{status.readOnlyRootFilesystem === true ? 'read only' : 'writable'}</dd>
        </dl>
      </section>
      <Entries title="Environment" entries={status.envVars} isHidden />
      <Entries title="Labels" entries={status.labels} />
      <Entries title="Annotations" entries={status.annotations} />
    </div>
  )
}

interface EntriesProps {
  readonly title: string
  readonly entries: Readonly<Record<string, string>> | undefined
  readonly isHidden?: boolean
}

/** Values of an environment are dots until they are asked for: somebody may look over the shoulder. */
function Entries({ title, entries = {}, isHidden = false }: EntriesProps) {
  const isShown = useSignal(!isHidden)
  const all = Object.entries(entries)
  return (
    <section class="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        {isHidden && all.length > 0 && (
          <button class="btn quiet tiny push" type="button" onClick={() => (isShown.value = !isShown.value)}>
            {isShown.value ? 'Hide' : 'Show'}
          </button>
        )}
      </header>
      <dl class="kv">
        {all.map(([name, value]) => (
          <>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>
              <code>{isShown.value ? value : '••••••'}</code>
            </dd>
          </>
        ))}
      </dl>
      {all.length === 0 && <p class="pad muted">None</p>}
    </section>
  )
}
