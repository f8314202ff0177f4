import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Dialog } from '../parts/dialog.tsx'
import { Problem } from '../parts/notice.tsx'
import { must, sentence } from '../state/api.ts'
import { useAction } from '../state/load.ts'
import { isDisconnected, refresh } from '../state/overview.ts'
import type { StackPlan } from '../state/wire.ts'

const MAX_BYTES = 1024 * 1024

interface Dropped {
  readonly text: string
  readonly plan: StackPlan
}

async function planOf(file: File): Promise<Dropped> {
  if (file.size > MAX_BYTES) throw new Error(`${file.name} has more than 1 MiB: it is no stack file.`)
  const text = await file.text()
  const answer = await must('/system/stack?dryRun=1', {
    method: 'POST',
    body: text,
    headers: { 'Content-Type': 'application/yaml' },
  })
  const plan: StackPlan = await answer.json()
  return { text, plan }
}

/** A stack file that is dropped anywhere on the page. Nothing changes before the plan was seen. */
export function StackDrop() {
  const isOver = useSignal(false)
  const dropped = useSignal<Dropped | undefined>(undefined)
  const problem = useSignal('')
  const take = (file: File | undefined): void => {
    if (file === undefined) return
    problem.value = ''
    planOf(file).then(
      (plan) => (dropped.value = plan),
      (error: unknown) => (problem.value = sentence(error)),
    )
  }
  useEffect(() => listenToDrops(take, (over) => (isOver.value = over)), [])
  return (
    <>
      <input
        id="stack-file"
        class="sr"
        type="file"
        tabIndex={-1}
        aria-label="Stack file"
        accept=".yml,.yaml"
        onChange={(event) => {
          take(event.currentTarget.files?.[0])
          event.currentTarget.value = ''
        }}
      />
      {isOver.value && <div class="drop">Drop the stack file: you will see what it changes first</div>}
      {problem.value !== '' && (
        <Dialog title="The stack file cannot be used" onClose={() => (problem.value = '')}>
          <Problem of={problem.value} />
        </Dialog>
      )}
      {dropped.value !== undefined && (
        <PlanDialog dropped={dropped.value} onClose={() => (dropped.value = undefined)} />
      )}
    </>
  )
}

function listenToDrops(take: (file: File | undefined) => void, over: (isOver: boolean) => void): () => void {
  const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true
  const drag = (event: DragEvent): void => {
    if (!hasFiles(event)) return
    event.preventDefault()
    over(true)
  }
  const leave = (event: DragEvent): void => {
    if (event.relatedTarget === null) over(false)
  }
  const drop = (event: DragEvent): void => {
    over(false)
    if (event.defaultPrevented || !hasFiles(event)) return
    event.preventDefault()
    take(event.dataTransfer?.files[0])
  }
  document.addEventListener('dragover', drag)
  document.addEventListener('dragleave', leave)
  document.addEventListener('drop', drop)
  return () => {
    document.removeEventListener('dragover', drag)
    document.removeEventListener('dragleave', leave)
    document.removeEventListener('drop', drop)
  }
}

const changesSomething = (action: string | undefined): boolean => action === 'new' || action === 'change'

function PlanDialog({ dropped, onClose }: { readonly dropped: Dropped; readonly onClose: () => void }) {
  const functions = dropped.plan.functions ?? []
  const chosen = useSignal<ReadonlySet<string>>(
    new Set(functions.filter((fn) => changesSomething(fn.action)).map((fn) => fn.name)),
  )
  const action = useAction()
  const turn = (name: string): void => {
    const next = new Set(chosen.value)
    if (!next.delete(name)) next.add(name)
    chosen.value = next
  }
  const deploy = async (): Promise<void> => {
    const only = encodeURIComponent([...chosen.value].join(','))
    const headers = { 'Content-Type': 'application/yaml' }
    const isDone = await action.run(() =>
      must(`/system/stack?only=${only}`, { method: 'POST', body: dropped.text, headers }),
    )
    if (!isDone) return
    refresh()
    onClose()
  }
  return (
    <Dialog title="What the stack file changes" onClose={onClose}>
      {functions.length === 0 && <p class="muted">It names no function.</p>}
      <ul class="list card">
        {functions.map((fn) => (
          <li key={fn.name} class="wrap">
            <label class="tick">
              <input
                type="checkbox"
                disabled={!changesSomething(fn.action)}
                checked={chosen.value.has(fn.name)}
                onChange={() => turn(fn.name)}
              />
              <b>{fn.name}</b>
            </label>
            <span class={fn.action === 'cannot' ? 'bad-text' : 'muted'}>
              {fn.action}
              {fn.line === undefined ? '' : `, line ${fn.line}`}
            </span>
            <span class="push small muted">{fn.problem ?? fn.changes?.join(', ') ?? ''}</span>
          </li>
        ))}
      </ul>
      <Problem of={action.problem.value} />
      <div class="foot">
        <button class="btn" type="button" onClick={onClose}>
          Cancel
        </button>
        <button
          class="btn main"
          type="button"
          disabled={chosen.value.size === 0 || action.busy.value || isDisconnected.value}
          onClick={() => void deploy()}
        >
          {action.busy.value ? 'Deploying…' : `Deploy ${chosen.value.size}`}
        </button>
      </div>
    </Dialog>
  )
}
