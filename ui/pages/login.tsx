import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Logo } from '../parts/icon.tsx'
import { Problem } from '../parts/notice.tsx'
import { useAction } from '../state/load.ts'
import { begin, user } from '../state/session.ts'

async function signIn(form: HTMLFormElement, stay: boolean): Promise<void> {
  const data = new FormData(form)
  const body = JSON.stringify({ user: data.get('user'), password: data.get('password') })
  const answer = await fetch('/ui/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body,
    credentials: 'omit',
  }).catch(() => undefined)
  if (answer === undefined) throw new Error('The daemon does not answer.')
  if (answer.status === 429) throw new Error(waitOf(answer.headers.get('Retry-After')))
  if (answer.status === 401) throw new Error('User or password is wrong.')
  if (!answer.ok)
    throw new Error(`The daemon answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`)
  const { token, user: name }: { token: string; user?: string } = await answer.json()
  const typed = data.get('user')
  user.value = name ?? (typeof typed === 'string' ? typed : '')
  begin(token, stay)
}

const waitOf = (seconds: string | null): string =>
  `Too many wrong passwords. Try again in ${seconds ?? 'a few'} s.`

/** A real form, so that password managers know it. */
export function SignInForm({ title }: { readonly title: string }) {
  const action = useAction()
  const stay = useSignal(false)
  const first = useRef<HTMLInputElement>(null)
  useEffect(() => first.current?.focus(), [])
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.currentTarget
    if (form instanceof HTMLFormElement) void action.run(() => signIn(form, stay.value))
  }
  return (
    <form class="form" onSubmit={submit}>
      <p class="brand">
        <Logo />
        Sampan
      </p>
      <h1 class="sr">{title}</h1>
      <label class="label">
        <span>User</span>
        <input ref={first} class="field" name="user" autocomplete="username" required value="admin" />
      </label>
      <label class="label">
        <span>Password</span>
        <input class="field" name="password" type="password" autocomplete="current-password" required />
      </label>
      <label class="tick">
        <input
          type="checkbox"
          checked={stay.value}
          onChange={(e) => (stay.value = e.currentTarget.checked)}
        />
        Stay signed in on this device
      </label>
      <Problem of={action.problem.value} />
      <button class="btn main" disabled={action.busy.value}>
        {action.busy.value ? 'Signing in…' : 'Sign in'}
      </button>
    </form>
  )
}

export function SignIn() {
  return (
    <main class="sign-in">
      <div class="card">
        <SignInForm title="Sign in" />
      </div>
    </main>
  )
}
