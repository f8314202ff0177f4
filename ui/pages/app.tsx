import { useEffect } from 'preact/hooks'
import { Shell } from './shell.tsx'
import { FunctionPage } from '../function/page.tsx'
import { DeployPage } from '../deploy/page.tsx'
import { place } from '../state/router.ts'
import { token } from '../state/session.ts'
import { watchOverview } from '../state/overview.ts'
import { Empty, Page } from '../parts/notice.tsx'
import { EventsPage } from './events.tsx'
import { SignIn } from './login.tsx'
import { NamespacesPage } from './namespaces.tsx'
import { OverviewPage } from './overview.tsx'
import { QueuePage } from '../queue/page.tsx'
import { SecretsPage } from './secrets.tsx'
import { StorePage } from './store.tsx'
import { SystemPage } from './system.tsx'

export function App() {
  return token.value === null ? <SignIn /> : <Signed />
}

function Signed() {
  useEffect(watchOverview, [])
  const { page, namespace, name } = place.value
  useEffect(() => {
    const heading = document.querySelector('h1')
    document.title = `${heading?.textContent ?? 'Functions'} · Sampan`
    heading?.focus({ preventScroll: true })
  }, [page, namespace, name])
  return (
    <Shell>
      <Current />
    </Shell>
  )
}

function Current() {
  const { page, namespace, name } = place.value
  switch (page) {
    case 'functions':
    case 'login':
      return <OverviewPage />
    case 'function':
      return <FunctionPage key={`${name}.${namespace}`} />
    case 'deploy':
      return <DeployPage key={place.value.query.toString()} />
    case 'queue':
      return <QueuePage />
    case 'events':
      return <EventsPage />
    case 'secrets':
      return <SecretsPage />
    case 'namespaces':
      return <NamespacesPage />
    case 'store':
      return <StorePage />
    case 'system':
      return <SystemPage />
    default:
      return (
        <Page title="No such page">
          <Empty>
            <p>There is no page at this address.</p>
            <a href="/ui/">All functions</a>
          </Empty>
        </Page>
      )
  }
}
