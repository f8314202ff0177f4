import { useSignal } from '@preact/signals'
import { go } from '../state/router.ts'
import { remove, scale, type Named } from '../state/actions.ts'
import { Confirm } from './dialog.tsx'

interface FunctionDialogProps {
  readonly of: Named
  readonly onClose: () => void
}

export function ScaleDialog({ of, onClose, from }: FunctionDialogProps & { readonly from: number }) {
  const wanted = useSignal(from)
  return (
    <Confirm title={`Scale ${of.name}`} verb="Scale" act={() => scale(of, wanted.value)} onClose={onClose}>
      <label class="stack tight">
        <span>Replicas</span>
        <input
          class="field"
          type="number"
          min="0"
          max="1000"
          value={wanted.value}
          onInput={(event) => (wanted.value = Number(event.currentTarget.value))}
        />
      </label>
    </Confirm>
  )
}

export function RemoveDialog({ of, onClose }: FunctionDialogProps) {
  const act = async (): Promise<void> => {
    await remove(of)
    go('/ui/')
  }
  return (
    <Confirm title={`Remove ${of.name}`} verb="Remove" isDanger typed={of.name} act={act} onClose={onClose}>
      <p>
        Its replicas end, and its revisions are erased. Calls to <b>{of.name}</b> answer 404.
      </p>
    </Confirm>
  )
}
