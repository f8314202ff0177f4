import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Dialog } from '../parts/dialog.tsx'
import { Icon, Logo, type IconName } from '../parts/icon.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { SignInForm } from './login.tsx'
import { StackDrop } from '../deploy/stack-drop.tsx'
import { ask, newerPage } from '../state/api.ts'
import { now } from '../state/clock.ts'
import { hasKeys, setKeys, showsKeys } from '../state/keys.ts'
import { failures, host, isDisconnected, lastAnswerMs, queue, rows } from '../state/overview.ts'
import { originProblem, checkOrigin } from '../state/origin-check.ts'
import { place } from '../state/router.ts'
import { ended, signedOut, user } from '../state/session.ts'
import { nextTheme, theme } from '../state/theme.ts'
import { clock, span } from '../text/format.ts'

interface Entry {
  readonly page: string
  readonly word: string
  readonly icon: IconName
}

const ENTRIES: readonly Entry[] = [
  { page: 'functions', word: 'Functions', icon: 'fn' },
  { page: 'queue', word: 'Queue', icon: 'queue' },
  { page: 'events', word: 'Events', icon: 'events' },
  { page: 'secrets', word: 'Secrets', icon: 'secret' },
  { page: 'namespaces', word: 'Namespaces', icon: 'ns' },
  { page: 'store', word: 'Store', icon: 'store' },
  { page: 'system', word: 'System', icon: 'system' },
]

const hrefOf = (page: string): string => (page === 'functions' ? '/ui/' : `/ui/${page}`)

const isHere = (page: string): boolean =>
  place.value.page === page || (page === 'functions' && ['function', 'deploy'].includes(place.value.page))

function Link({ entry, isTab = false }: { readonly entry: Entry; readonly isTab?: boolean }) {
  const dead = entry.page === 'queue' ? (queue.value?.dead ?? 0) : 0
  const size = rows.value.size
  return (
    <a href={hrefOf(entry.page)} aria-current={isHere(entry.page) ? 'page' : undefined}>
      <Icon name={entry.icon} />
      {entry.word}
      {entry.page === 'functions' && size > 0 && !isTab && <span class="count">{size}</span>}
      {dead > 0 && (
        <span class={isTab ? 'dot' : 'count bad'}>
          {dead}
          <span class="sr"> dead letters</span>
        </span>
      )}
    </a>
  )
}

export function Shell({ children }: { readonly children: ComponentChildren }) {
  useEffect(() => void checkOrigin(), [])
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Banners />
      <div class={isDisconnected.value ? 'app grey' : 'app'}>
        <header class="side">
          <a class="brand" href="/ui/">
            <Logo />
            Sampan
          </a>
          <nav aria-label="Pages">
            <ul>
              {ENTRIES.map((entry) => (
                <li key={entry.page}>
                  <Link entry={entry} />
                </li>
              ))}
            </ul>
          </nav>
          <span class="phone where">
            <Liveness /> {host.value.name ?? ''}
          </span>
          <Foot />
        </header>
        <main id="main" tabIndex={-1}>
          {children}
          <StackDrop />
        </main>
      </div>
      <TabBar />
      {showsKeys.value && <Keys />}
      {ended.value && (
        <Dialog
          title="The session ended. Sign in again: what you typed is still here."
          onClose={() => undefined}
        >
          <SignInForm title="Sign in again" />
        </Dialog>
      )}
    </>
  )
}

function Liveness() {
  if (isDisconnected.value) return <StateMark of="bad" word="no answer" />
  if (lastAnswerMs.value === 0) return <StateMark of="starting" word="loading" />
  return (
    <StateMark of={failures.value === 0 ? 'live' : 'warn'} word={failures.value === 0 ? 'live' : 'waiting'} />
  )
}

function Foot() {
  const { name, version, arch } = host.value
  return (
    <div class="foot small muted">
      <div class="row">
        <span>{name ?? location.hostname}</span>
        <Liveness />
      </div>
      <div>
        {version === undefined ? 'Sampan' : `Sampan ${version}${arch === undefined ? '' : ` · ${arch}`}`}
      </div>
      <div class="row">
        <span>{user.value === '' ? 'admin' : user.value}</span>
        <span class="row">
          <Tools />
        </span>
      </div>
    </div>
  )
}

/** Colours, and the way out. */
export function Tools() {
  const signOut = async (): Promise<void> => {
    await ask('/ui/session', { method: 'DELETE' }).catch(() => undefined)
    signedOut()
  }
  const colours = theme.value === 'system' ? 'as the system' : theme.value
  return (
    <>
      <button
        class="btn quiet tiny"
        type="button"
        aria-label={`Colours: ${colours}`}
        title={`Colours: ${colours}`}
        onClick={nextTheme}
      >
        <Icon name="moon" />
      </button>
      <button
        class="btn quiet tiny"
        type="button"
        aria-label="Sign out"
        title="Sign out"
        onClick={() => void signOut()}
      >
        <Icon name="out" />
      </button>
    </>
  )
}

function TabBar() {
  return (
    <nav class="tabbar" aria-label="Main pages">
      {ENTRIES.filter(({ page }) => ['functions', 'queue', 'events', 'system'].includes(page)).map(
        (entry) => (
          <Link key={entry.page} entry={entry} isTab />
        ),
      )}
      <details class="rest">
        <summary>
          <Icon name="menu" />
          More
        </summary>
        <div>
          {ENTRIES.filter(({ page }) => ['secrets', 'namespaces', 'store'].includes(page)).map((entry) => (
            <Link key={entry.page} entry={entry} isTab />
          ))}
          <span class="row">
            <Tools />
          </span>
        </div>
      </details>
    </nav>
  )
}

function Banners() {
  const name = host.value.name ?? 'the daemon'
  const age = span(now.value - lastAnswerMs.value)
  return (
    <div aria-live="polite">
      {isDisconnected.value && (
        <p class="banner">
          <Icon name="warn" />
          {lastAnswerMs.value === 0
            ? `No answer from ${name}.`
            : `No answer from ${name} for ${age}. What you see is from ${clock(lastAnswerMs.value)}.`}
        </p>
      )}
      {newerPage.value && (
        <p class="banner info">
          Sampan was upgraded.
          <button class="btn tiny push" type="button" onClick={() => location.reload()}>
            Reload
          </button>
        </p>
      )}
      {originProblem.value && (
        <p class="banner">
          <Icon name="warn" />
          Functions and this page share an address. A function could act as you: give the page a name or port
          of its own.
        </p>
      )}
    </div>
  )
}

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'filter, or search in the logs'],
  ['g f, g q, g e, g s', 'functions, queue, events, system'],
  ['j, k, Enter', 'next row, row before, open'],
  ['c, l', 'call box, logs of a function'],
  ['d', 'deploy'],
  ['Ctrl Enter', 'send the call'],
  ['Esc', 'close'],
]

function Keys() {
  return (
    <Dialog title="Keys" onClose={() => (showsKeys.value = false)}>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
      <label class="tick">
        <input type="checkbox" checked={hasKeys.value} onChange={(e) => setKeys(e.currentTarget.checked)} />
        Keys of one letter
      </label>
    </Dialog>
  )
}
