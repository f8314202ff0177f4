import { useSignal, type Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Copy } from '../parts/copy.tsx'
import { AddPair, Field, Pairs } from '../parts/fields.tsx'
import { Problem } from '../parts/notice.tsx'
import { must } from '../state/api.ts'
import { useAction, type Action } from '../state/load.ts'
import { isDisconnected, refresh } from '../state/overview.ts'
import { go, unsaved } from '../state/router.ts'
import { functionPath } from '../state/routes.ts'
import { changes } from './changes.ts'
import { LimitFields, MoreFields, ScalingFields, SecretFields } from './groups.tsx'
import { deploymentOf, envPairs, type Spec } from './spec.ts'

interface SpecFormProps {
  /** What runs, or what the form begins with. */
  readonly before: Spec
  readonly isEdit: boolean
  readonly tag: string | null
  readonly secrets: readonly string[]
}

export type Set = (part: Partial<Spec>) => void

export function SpecForm({ before, isEdit, tag, secrets }: SpecFormProps) {
  const spec = useSignal(before)
  const action = useAction()
  const set: Set = (part) => {
    spec.value = { ...spec.value, ...part }
    unsaved.value = true
  }
  useEffect(() => () => void (unsaved.value = false), [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const headers: Record<string, string> = isEdit && tag !== null ? { 'If-Match': tag } : {}
    const done = await action.run(() =>
      must('/system/functions', { method: isEdit ? 'PUT' : 'POST', json: deploymentOf(spec.value), headers }),
    )
    if (!done) return
    unsaved.value = false
    refresh()
    go(functionPath(spec.value.namespace || 'openfaas-fn', spec.value.name.trim()))
  }
  return (
    <form class="plan form" onSubmit={(event) => void submit(event)}>
      <div class="stack">
        <section class="card form pad" aria-label="What">
          <div class="pair">
            <Field
              label="Name"
              value={spec.value.name}
              onChange={(name) => set({ name })}
              isFixed={isEdit}
              isRequired
            />
            <Field
              label="Namespace"
              value={spec.value.namespace}
              onChange={(namespace) => set({ namespace })}
              isFixed={isEdit}
              placeholder="openfaas-fn"
            />
          </div>
          <Field
            label="Image"
            value={spec.value.image}
            onChange={(image) => set({ image })}
            isRequired
            placeholder="registry.example/name:tag"
          />
          <Field
            label="Command"
            value={spec.value.command}
            onChange={(command) => set({ command })}
            hint="Empty: what the image says"
          />
        </section>
        <Group title="Environment" count={spec.value.environment.length}>
          <EnvironmentFields spec={spec} set={set} />
        </Group>
        <Group title="Secrets" count={spec.value.secrets.length}>
          <SecretFields spec={spec.value} set={set} names={secrets} />
        </Group>
        <Group title="Limits" count={[spec.value.memory, spec.value.cpu].filter(Boolean).length}>
          <LimitFields spec={spec.value} set={set} />
        </Group>
        <Group title="Scaling" count={0}>
          <ScalingFields spec={spec.value} set={set} />
        </Group>
        <Group
          title="Labels, annotations, more"
          count={spec.value.labels.length + spec.value.annotations.length}
        >
          <MoreFields spec={spec.value} set={set} />
        </Group>
      </div>
      <Plan before={before} after={spec.value} isEdit={isEdit} action={action} />
    </form>
  )
}

interface GroupProps {
  readonly title: string
  readonly count: number
  readonly children: ComponentChildren
}

/** Folded when nothing is in it. */
function Group({ title, count, children }: GroupProps) {
  return (
    <details class="card" open={count > 0}>
      <summary>
        {title} {count > 0 && <span class="muted">{count}</span>}
      </summary>
      <div class="inner">{children}</div>
    </details>
  )
}

function EnvironmentFields({ spec, set }: { readonly spec: Signal<Spec>; readonly set: Set }) {
  const isShown = useSignal(false)
  const pairs = spec.value.environment
  const paste = (event: ClipboardEvent): void => {
    const read = envPairs(event.clipboardData?.getData('text') ?? '')
    if (read.length < 2) return
    event.preventDefault()
    const names = new Set(read.map(([name]) => name))
    set({ environment: [...pairs.filter(([name]) => name !== '' && !names.has(name)), ...read] })
  }
  return (
    <div class="stack" onPaste={paste}>
      <Pairs
        what="Variable"
        pairs={pairs}
        onChange={(environment) => set({ environment })}
        isHidden={!isShown.value}
      />
      <div class="row wrap">
        <AddPair what="Variable" pairs={pairs} onChange={(environment) => set({ environment })} />
        <button class="btn quiet tiny" type="button" onClick={() => (isShown.value = !isShown.value)}>
          {isShown.value ? 'Hide values' : 'Show values'}
        </button>
        <span class="hint">Paste the text of a .env file to fill rows.</span>
      </div>
    </div>
  )
}

interface PlanProps {
  readonly before: Spec
  readonly after: Spec
  readonly isEdit: boolean
  readonly action: Action
}

const SIGNS = { add: '+', del: '−', change: '~' } as const

function Plan({ before, after, isEdit, action }: PlanProps) {
  const found = isEdit ? changes(before, after) : []
  const line = `faas-cli deploy --image ${after.image} --name ${after.name}${after.namespace === '' ? '' : ` -n ${after.namespace}`}`
  return (
    <aside class="card" aria-label="What will change">
      <header>
        <h2>What will change</h2>
      </header>
      <ul class="diff list">
        {!isEdit && <li class="add">+ {after.name === '' ? 'a new function' : after.name}</li>}
        {isEdit && found.length === 0 && <li class="muted">Nothing yet</li>}
        {found.map((change) => (
          <li key={change.text} class={change.kind}>
            {SIGNS[change.kind]} {change.text}
          </li>
        ))}
      </ul>
      <div class="pad stack">
        <Problem of={action.problem.value} />
        <button
          class="btn main"
          disabled={action.busy.value || isDisconnected.value || (isEdit && found.length === 0)}
        >
          {action.busy.value ? 'Deploying…' : 'Deploy'}
        </button>
        <p class="small muted row">
          As a command <Copy text={() => line} label="Copy the faas-cli line" />
        </p>
      </div>
    </aside>
  )
}
