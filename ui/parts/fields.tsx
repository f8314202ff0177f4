import type { ComponentChildren } from 'preact'
import { Icon } from './icon.tsx'

interface SearchProps {
  readonly label: string
  readonly placeholder?: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hasKey?: boolean
}

export function Search({ label, placeholder = label, value, onChange, hasKey = false }: SearchProps) {
  return (
    <div class="search push">
      <Icon name="search" />
      <input
        class="field"
        type="search"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {hasKey && <kbd aria-hidden="true">/</kbd>}
    </div>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [value: string, word: string])[]
  readonly onChange: (value: string) => void
}

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <select
      class="field"
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    >
      {options.map(([option, word]) => (
        <option key={option} value={option} selected={option === value}>
          {word}
        </option>
      ))}
    </select>
  )
}

/** A few that exclude each other, side by side. */
export function Segments({ label, value, options, onChange }: ChoiceProps) {
  return (
    <span class="seg" role="group" aria-label={label}>
      {options.map(([option, word]) => (
        <button key={option} type="button" aria-pressed={option === value} onClick={() => onChange(option)}>
          {word}
        </button>
      ))}
    </span>
  )
}

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: string
  readonly isFixed?: boolean
  readonly isRequired?: boolean
  readonly placeholder?: string
  readonly children?: ComponentChildren
}

export function Field(props: FieldProps) {
  const { label, value, onChange, hint, children } = props
  return (
    <label class="label">
      <span>{label}</span>
      <input
        class="field"
        value={value}
        readOnly={props.isFixed ?? false}
        required={props.isRequired ?? false}
        placeholder={props.placeholder ?? ''}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      {hint !== undefined && <span class="hint">{hint}</span>}
      {children}
    </label>
  )
}

export type Pair = readonly [name: string, value: string]

interface PairsProps {
  readonly what: string
  readonly pairs: readonly Pair[]
  readonly onChange: (pairs: readonly Pair[]) => void
  /** Values show as dots. */
  readonly isHidden?: boolean
}

interface ValueProps {
  readonly label: string
  readonly value: string
  readonly isHidden: boolean
  readonly onChange: (value: string) => void
}

function Value({ label, value, isHidden, onChange }: ValueProps) {
  const props = {
    class: 'field mono',
    'aria-label': label,
    placeholder: 'Value',
    value,
    autocomplete: 'off',
    spellcheck: false,
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => onChange(event.currentTarget.value),
  } as const
  return isHidden ? <input {...props} type="password" /> : <input {...props} type="text" />
}

/** Rows of a name and a value. */
export function Pairs({ what, pairs, onChange, isHidden = false }: PairsProps) {
  const set = (at: number, pair: Pair): void => onChange(pairs.map((old, i) => (i === at ? pair : old)))
  return (
    <>
      {pairs.map(([name, value], i) => (
        <div class="hdrs" key={i}>
          <input
            class="field mono"
            aria-label={`${what} ${i + 1}, name`}
            placeholder="Name"
            value={name}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => set(i, [event.currentTarget.value, value])}
          />
          <Value
            label={`${what} ${i + 1}, value`}
            value={value}
            isHidden={isHidden}
            onChange={(text) => set(i, [name, text])}
          />
          <button
            class="btn quiet tiny"
            type="button"
            aria-label={`Remove ${what.toLowerCase()} ${i + 1}`}
            onClick={() => onChange(pairs.filter((_, at) => at !== i))}
          >
            <Icon name="x" />
          </button>
        </div>
      ))}
    </>
  )
}

export function AddPair({ what, pairs, onChange }: PairsProps) {
  return (
    <button class="btn quiet tiny" type="button" onClick={() => onChange([...pairs, ['', '']])}>
      <Icon name="plus" />
      {what}
    </button>
  )
}
