import { useSignal } from '@preact/signals'
import { Confirm } from '../parts/dialog.tsx'
import { Choice, Field } from '../parts/fields.tsx'
import { Icon } from '../parts/icon.tsx'
import { Empty, Loading, Page, Problem } from '../parts/notice.tsx'
import { ThingsHead } from '../parts/things-head.tsx'
import { get, getIfThere, must, query } from '../state/api.ts'
import { useLoaded } from '../state/load.ts'
import { isDisconnected } from '../state/overview.ts'
import { place, setQuery } from '../state/router.ts'
import type { FunctionStatus } from '../state/wire.ts'

interface Secret {
  readonly name: string
  readonly namespace?: string
}

interface Things {
  readonly secrets: readonly Secret[]
  readonly functions: readonly FunctionStatus[]
  readonly namespaces: readonly string[]
}

async function load(namespace: string, signal: AbortSignal): Promise<Things> {
  const filter = query({ namespace })
  const [secrets, functions, namespaces] = await Promise.all([
    get<readonly Secret[]>(`/system/secrets${filter}`, { signal }),
    get<readonly FunctionStatus[]>(`/system/functions${filter}`, { signal }),
    getIfThere<readonly string[]>('/system/namespaces', { signal }),
  ])
  return { secrets, functions, namespaces: namespaces ?? [] }
}

type Open =
  | { readonly kind: 'add' }
  | { readonly kind: 'replace' | 'remove'; readonly name: string }
  | undefined

export function SecretsPage() {
  const namespace = place.value.query.get('namespace') ?? ''
  const { value, problem, again } = useLoaded(`secrets ${namespace}`, (signal) => load(namespace, signal))
  const open = useSignal<Open>(undefined)
  const things = value.value
  return (
    <Page
      title="Secrets"
      tools={
        <>
          {things !== undefined && things.namespaces.length > 1 && (
            <Choice
              label="Namespace"
              value={namespace}
              options={things.namespaces.map((name, i) => [i === 0 ? '' : name, name] as const)}
              onChange={(next) => setQuery('namespace', next)}
            />
          )}
          <button
            class="btn main push"
            type="button"
            disabled={isDisconnected.value}
            onClick={() => (open.value = { kind: 'add' })}
          >
            <Icon name="plus" />
            Add
          </button>
        </>
      }
    >
      <Problem of={problem.value} again={again} />
      {things === undefined && problem.value === '' && <Loading />}
      {things?.secrets.length === 0 && (
        <Empty>No secret yet. A function reads one as a file: /var/openfaas/secrets/NAME</Empty>
      )}
      {things !== undefined && things.secrets.length > 0 && (
        <section class="card" aria-label="Secrets">
          <table class="things">
            <ThingsHead columns={['Name', 'Used by']} />
            <tbody>
              {things.secrets.map(({ name }) => (
                <Line
                  key={name}
                  name={name}
                  users={usersOf(name, things.functions)}
                  onOpen={(kind) => (open.value = { kind, name })}
                />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {open.value?.kind === 'remove' && (
        <RemoveSecret
          name={open.value.name}
          namespace={namespace}
          users={usersOf(open.value.name, things?.functions ?? [])}
          onDone={again}
          onClose={() => (open.value = undefined)}
        />
      )}
      {(open.value?.kind === 'add' || open.value?.kind === 'replace') && (
        <SecretDialog
          name={open.value.kind === 'add' ? undefined : open.value.name}
          namespace={namespace}
          onDone={again}
          onClose={() => (open.value = undefined)}
        />
      )}
    </Page>
  )
}

const usersOf = (name: string, functions: readonly FunctionStatus[]): readonly string[] =>
  functions.filter((fn) => fn.secrets?.includes(name) === true).map((fn) => fn.name)

interface LineProps {
  readonly name: string
  readonly users: readonly string[]
  readonly onOpen: (kind: 'replace' | 'remove') => void
}

function Line({ name, users, onOpen }: LineProps) {
  return (
    <tr>
      <td>
        <code>{name}</code>
      </td>
      <td class="muted">{users.length === 0 ? 'no function' : users.join(', ')}</td>
      <td class="num end">
        <button
          class="btn tiny"
          type="button"
          disabled={isDisconnected.value}
          onClick={() => onOpen('replace')}
        >
          Replace<span class="sr"> {name}</span>
        </button>{' '}
        <button
          class="btn tiny"
          type="button"
          disabled={isDisconnected.value}
          onClick={() => onOpen('remove')}
        >
          Remove<span class="sr"> {name}</span>
        </button>
      </td>
    </tr>
  )
}

interface SecretDialogProps {
  /** Of the one to replace; undefined for a new one. */
  readonly name: string | undefined
  readonly namespace: string
  readonly onDone: () => void
  readonly onClose: () => void
}

/** The value goes one way: no answer of the API has one. */
function SecretDialog({ name, namespace, onDone, onClose }: SecretDialogProps) {
  const typed = useSignal('')
  const value = useSignal('')
  const file = useSignal<File | undefined>(undefined)
  const act = async (): Promise<void> => {
    const secret = { name: name ?? typed.value, namespace }
    const content =
      file.value === undefined ? { value: value.value } : { rawValue: await base64Of(file.value) }
    await must('/system/secrets', {
      method: name === undefined ? 'POST' : 'PUT',
      json: { ...secret, ...content },
    })
    onDone()
  }
  return (
    <Confirm
      title={name === undefined ? 'Add a secret' : `Replace ${name}`}
      verb={name === undefined ? 'Add' : 'Replace'}
      act={act}
      onClose={onClose}
    >
      <div class="form">
        {name === undefined && (
          <Field label="Name" value={typed.value} onChange={(text) => (typed.value = text)} isRequired />
        )}
        <label class="label">
          <span>Value</span>
          <input
            class="field"
            type="password"
            autocomplete="new-password"
            value={value.value}
            disabled={file.value !== undefined}
            onInput={(e) => (value.value = e.currentTarget.value)}
          />
        </label>
        <label class="label">
          <span>Or a file</span>
          <input type="file" onChange={(event) => (file.value = event.currentTarget.files?.[0])} />
        </label>
        {name !== undefined && <p class="muted small">Replicas that run see the new value in a moment.</p>}
      </div>
    </Confirm>
  )
}

async function base64Of(file: File): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer())
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

interface RemoveProps {
  readonly name: string
  readonly namespace: string
  readonly users: readonly string[]
  readonly onDone: () => void
  readonly onClose: () => void
}

function RemoveSecret({ name, namespace, users, onDone, onClose }: RemoveProps) {
  const act = async (): Promise<void> => {
    await must('/system/secrets', { method: 'DELETE', json: { name, namespace } })
    onDone()
  }
  return (
    <Confirm title={`Remove ${name}`} verb="Remove" isDanger act={act} onClose={onClose}>
      {users.length === 0 ? (
        <p>No function uses it.</p>
      ) : (
        <p>Used by {users.join(', ')}: new replicas of these will not start.</p>
      )}
    </Confirm>
  )
}
