import { render } from 'preact'
import { watchClock } from './state/clock.ts'
import { listenToKeys } from './state/keys.ts'
import { followLinks } from './state/router.ts'
import { findSession, listenToTabs } from './state/session.ts'
import { showTheme } from './state/theme.ts'
import { App } from './pages/app.tsx'

showTheme()
followLinks()
listenToKeys()
listenToTabs()
watchClock()
await findSession()
const root = document.querySelector('#page')
if (root !== null) render(<App />, root)
