import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useAction } from '../state/load.ts'
import { Problem } from './notice.tsx'

interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children: ComponentChildren
}

let ids = 0

/** Modal; `Esc` closes it, and the focus goes back to where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useRef(`dialog-${(ids += 1)}`)
  useEffect(() => {
    const before = document.activeElement
    ref.current?.showModal()
    return () => {
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  return (
    <dialog ref={ref} aria-labelledby={id.current} onClose={onClose}>
      <div>
        <h2 id={id.current}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

interface ConfirmProps {
  readonly title: string
  readonly children?: ComponentChildren
  /** The word on the button. */
  readonly verb: string
  readonly isDanger?: boolean
  /** What must be typed first. */
  readonly typed?: string
  readonly act: () => Promise<unknown>
  readonly onClose: () => void
}

/** Names the thing; stays open with the reason when it cannot be done. */
export function Confirm({ title, children, verb, isDanger = false, typed, act, onClose }: ConfirmProps) {
  const action = useAction()
  const text = useSignal('')
  const isReady = typed === undefined || text.value === typed
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (isReady && (await action.run(act))) onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        {children}
        {typed !== undefined && (
          <label class="stack tight">
            <span>
              Type <b>{typed}</b> to confirm
            </span>
            <input
              class="field"
              autocomplete="off"
              value={text.value}
              onInput={(e) => (text.value = e.currentTarget.value)}
            />
          </label>
        )}
        <Problem of={action.problem.value} />
        <div class="foot">
          <button class="btn" type="button" onClick={onClose}>
            Cancel
          </button>
          <button class={isDanger ? 'btn danger' : 'btn main'} disabled={!isReady || action.busy.value}>
            {action.busy.value ? `${verb}…` : verb}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
