import { useSignal } from '@preact/signals'
import { Icon } from './icon.tsx'

/** A page of a LAN is no secure context and has no clipboard: there a hidden field is selected and copied. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copiedByField(text)
  }
}

function copiedByField(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'sr'
  const at = document.querySelector('dialog[open]') ?? document.body
  at.append(field)
  field.select()
  const isCopied = document.execCommand('copy')
  field.remove()
  return isCopied
}

interface CopyProps {
  readonly text: () => string
  readonly label: string
  /** Shown beside the drawing. */
  readonly word?: string
}

export function Copy({ text, label, word }: CopyProps) {
  const said = useSignal('')
  const copy = async (): Promise<void> => {
    said.value = (await copyText(text())) ? 'Copied' : 'The browser does not let this page copy'
    setTimeout(() => (said.value = ''), 2000)
  }
  return (
    <>
      <button
        class="btn quiet tiny"
        type="button"
        aria-label={label}
        title={label}
        onClick={() => void copy()}
      >
        <Icon name="copy" />
        {word}
      </button>
      <span class="small muted" role="status">
        {said}
      </span>
    </>
  )
}
