import { AddPair, Field, Pairs } from '../parts/fields.tsx'
import { host } from '../state/overview.ts'
import { bytes } from '../text/format.ts'
import type { Set } from './form.tsx'
import { isScaling, pairOf, withPair, type Spec } from './spec.ts'

interface GroupProps {
  readonly spec: Spec
  readonly set: Set
}

export function SecretFields({ spec, set, names }: GroupProps & { readonly names: readonly string[] }) {
  const all = [...new Set([...names, ...spec.secrets])]
  const turn = (name: string, isOn: boolean): void =>
    set({ secrets: isOn ? [...spec.secrets, name] : spec.secrets.filter((other) => other !== name) })
  return (
    <div>
      {all.map((name) => (
        <label class="tick" key={name}>
          <input
            type="checkbox"
            checked={spec.secrets.includes(name)}
            onChange={(event) => turn(name, event.currentTarget.checked)}
          />
          <code>{name}</code>
          {!names.includes(name) && <span class="warn-text">is missing</span>}
        </label>
      ))}
      {all.length === 0 && (
        <p class="hint">
          There is none yet: <a href="/ui/secrets">add one</a>.
        </p>
      )}
    </div>
  )
}

export function LimitFields({ spec, set }: GroupProps) {
  const { memoryTotalBytes, cores } = host.value
  return (
    <>
      <p class="hint">
        This host has {bytes(memoryTotalBytes)} and {cores ?? '–'} cores.
      </p>
      <div class="pair">
        <Field
          label="Memory"
          value={spec.memory}
          onChange={(memory) => set({ memory })}
          placeholder="128Mi"
        />
        <Field
          label="CPU"
          value={spec.cpu}
          onChange={(cpu) => set({ cpu })}
          placeholder="500m"
          hint={cpuWords(spec.cpu)}
        />
        <Field
          label="Memory asked for"
          value={spec.requestMemory}
          onChange={(requestMemory) => set({ requestMemory })}
          placeholder="64Mi"
        />
        <Field
          label="CPU asked for"
          value={spec.requestCpu}
          onChange={(requestCpu) => set({ requestCpu })}
          placeholder="100m"
        />
      </div>
    </>
  )
}

/** `500m` is half a core to few people. */
function cpuWords(text: string): string {
  const value = text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text)
  if (text === '' || !Number.isFinite(value) || value <= 0) return '1000m is one core'
  return value === 0.5 ? 'half a core' : `${value} ${value === 1 ? 'core' : 'cores'}`
}

const SCALING: readonly (readonly [label: string, word: string, placeholder: string])[] = [
  ['com.openfaas.scale.min', 'At least', '1'],
  ['com.openfaas.scale.max', 'At most', '20'],
  ['com.openfaas.scale.type', 'By', 'rps, capacity or cpu'],
  ['com.openfaas.scale.target', 'Target', '50'],
  ['com.openfaas.scale.zero', 'To zero when idle', 'true or false'],
  ['com.openfaas.scale.zero-duration', 'To zero after', '15m'],
]

export function ScalingFields({ spec, set }: GroupProps) {
  return (
    <div class="pair">
      {SCALING.map(([label, word, placeholder]) => (
        <Field
          key={label}
          label={word}
          value={pairOf(spec.labels, label)}
          placeholder={placeholder}
          onChange={(value) => set({ labels: withPair(spec.labels, label, value) })}
        />
      ))}
    </div>
  )
}

export function MoreFields({ spec, set }: GroupProps) {
  const labels = spec.labels.filter(([name]) => !isScaling(name))
  const kept = spec.labels.filter(([name]) => isScaling(name))
  return (
    <>
      <h2>Labels</h2>
      <Pairs what="Label" pairs={labels} onChange={(pairs) => set({ labels: [...kept, ...pairs] })} />
      <AddPair what="Label" pairs={labels} onChange={(pairs) => set({ labels: [...kept, ...pairs] })} />
      <h2>Annotations</h2>
      <Pairs what="Annotation" pairs={spec.annotations} onChange={(annotations) => set({ annotations })} />
      <AddPair what="Annotation" pairs={spec.annotations} onChange={(annotations) => set({ annotations })} />
      <label class="tick">
        <input
          type="checkbox"
          checked={spec.isReadOnly}
          onChange={(event) => set({ isReadOnly: event.currentTarget.checked })}
        />
        Read-only root file system
      </label>
    </>
  )
}
