import { Page, Loading, Problem } from '../parts/notice.tsx'
import { ask, ApiError, getIfThere } from '../state/api.ts'
import { systemPath } from '../state/actions.ts'
import { host } from '../state/overview.ts'
import { useLoaded } from '../state/load.ts'
import { place } from '../state/router.ts'
import { imageFor, loadStore } from '../state/store.ts'
import type { FunctionStatus } from '../state/wire.ts'
import { SpecForm } from './form.tsx'
import { EMPTY, fromStore, specOf, type Spec } from './spec.ts'

interface Start {
  readonly spec: Spec
  readonly isEdit: boolean
  /** Sent back with the change, so that nobody's deployment in between is undone. */
  readonly tag: string | null
  readonly secrets: readonly string[]
}

async function load(query: URLSearchParams, signal: AbortSignal): Promise<Start> {
  const from = query.get('from')
  const [namespace = '', name = ''] = (from ?? '').split('/')
  const suffix = namespace === '' ? '' : `?namespace=${encodeURIComponent(namespace)}`
  const names = (await getIfThere<readonly { name: string }[]>(`/system/secrets${suffix}`, { signal })) ?? []
  const none = { isEdit: false, tag: null, secrets: names.map((secret) => secret.name) }
  if (from !== null) return { ...none, ...(await existing(name, namespace, signal)), isEdit: true }
  const wanted = query.get('store')
  if (wanted === null) return { ...none, spec: { ...EMPTY, image: query.get('image') ?? '' } }
  const entry = (await loadStore(signal)).find((one) => one.name === wanted)
  if (entry === undefined) throw new ApiError(404, `The store has no ${wanted}`)
  return { ...none, spec: fromStore(entry, imageFor(entry, host.peek().arch) ?? '') }
}

async function existing(
  name: string,
  namespace: string,
  signal: AbortSignal,
): Promise<Pick<Start, 'spec' | 'tag'>> {
  const answer = await ask(systemPath({ name, namespace }), { signal })
  if (!answer.ok) throw new ApiError(answer.status, `There is no function ${name} in ${namespace}`)
  const status: FunctionStatus = await answer.json()
  return { spec: specOf(status), tag: answer.headers.get('ETag') }
}

export function DeployPage() {
  const { query } = place.value
  const { value, problem, again } = useLoaded(query.toString(), (signal) => load(query, signal))
  const start = value.value
  const title = start?.isEdit === true ? `Edit ${start.spec.name}` : 'Deploy'
  return (
    <Page title={title} tools={query.get('from') === null ? <Ways /> : undefined}>
      <Problem of={problem.value} again={again} />
      {start === undefined && problem.value === '' && <Loading lines={6} />}
      {start !== undefined && (
        <SpecForm before={start.spec} isEdit={start.isEdit} tag={start.tag} secrets={start.secrets} />
      )}
    </Page>
  )
}

function Ways() {
  return (
    <span class="push row wrap">
      <a class="btn" href="/ui/store">
        From the store
      </a>
      <button
        class="btn"
        type="button"
        onClick={() => document.querySelector<HTMLElement>('#stack-file')?.click()}
      >
        Stack file
      </button>
    </span>
  )
}
