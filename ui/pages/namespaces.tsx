import { useSignal } from '@preact/signals'
import { Confirm } from '../parts/dialog.tsx'
import { Field } from '../parts/fields.tsx'
import { Icon } from '../parts/icon.tsx'
import { Loading, Page, Problem } from '../parts/notice.tsx'
import { ThingsHead } from '../parts/things-head.tsx'
import { get, must } from '../state/api.ts'
import { useLoaded } from '../state/load.ts'
import { isDisconnected, rows } from '../state/overview.ts'
import { bytes, rate } from '../text/format.ts'

export function NamespacesPage() {
  const { value, problem, again } = useLoaded('namespaces', (signal) =>
    get<readonly string[]>('/system/namespaces', { signal }),
  )
  const adds = useSignal(false)
  const removes = useSignal('')
  const name = useSignal('')
  const add = async (): Promise<void> => {
    await must('/system/namespace/', {
      method: 'POST',
      json: { name: name.value, annotations: { openfaas: '1' } },
    })
    name.value = ''
    again()
  }
  const remove = async (): Promise<void> => {
    await must(`/system/namespace/${encodeURIComponent(removes.value)}`, {
      method: 'DELETE',
      json: { name: removes.value },
    })
    again()
  }
  return (
    <Page
      title="Namespaces"
      tools={
        <button
          class="btn main push"
          type="button"
          disabled={isDisconnected.value}
          onClick={() => (adds.value = true)}
        >
          <Icon name="plus" />
          Add
        </button>
      }
    >
      <Problem of={problem.value} again={again} />
      {value.value === undefined && problem.value === '' && <Loading lines={2} />}
      {value.value !== undefined && (
        <section class="card" aria-label="Namespaces">
          <table class="things">
            <ThingsHead columns={['Name', '#Functions', '#Calls/s', '#Memory']} />
            <tbody>
              {value.value.map((namespace, i) => (
                <Line
                  key={namespace}
                  name={namespace}
                  isDefault={i === 0}
                  onRemove={() => (removes.value = namespace)}
                />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {adds.value && (
        <Confirm title="Add a namespace" verb="Add" act={add} onClose={() => (adds.value = false)}>
          <div class="form">
            <Field label="Name" value={name.value} onChange={(text) => (name.value = text)} isRequired />
          </div>
        </Confirm>
      )}
      {removes.value !== '' && (
        <Confirm
          title={`Remove ${removes.value}`}
          verb="Remove"
          isDanger
          act={remove}
          onClose={() => (removes.value = '')}
        >
          <p>It goes only when nothing is in it.</p>
        </Confirm>
      )}
    </Page>
  )
}

interface LineProps {
  readonly name: string
  readonly isDefault: boolean
  readonly onRemove: () => void
}

function Line({ name, isDefault, onRemove }: LineProps) {
  const inside = [...rows.value.values()].filter((row) => row.namespace === name)
  return (
    <tr>
      <td>
        <b>{name}</b>
      </td>
      <td class="num" data-label="functions">
        {inside.length}
      </td>
      <td class="num" data-label="calls/s">
        {rate(inside.reduce((sum, row) => sum + (row.callsPerSecond ?? 0), 0))}
      </td>
      <td class="num" data-label="memory">
        {bytes(inside.reduce((sum, row) => sum + (row.memoryBytes ?? 0), 0))}
      </td>
      <td class="num end">
        {!isDefault && (
          <button
            class="btn tiny"
            type="button"
            disabled={inside.length > 0 || isDisconnected.value}
            onClick={onRemove}
          >
            Remove<span class="sr"> {name}</span>
          </button>
        )}
      </td>
    </tr>
  )
}
