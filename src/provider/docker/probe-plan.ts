import type { FunctionSpec } from '../../core/function-spec.ts'
import { DEFAULT_PATIENCE_MS, type Probe } from './docker-labels.ts'
import { envDurationMs } from './env-duration.ts'

const READY_PATH = 'com.openfaas.ready.http.path'
const HEALTH_PATH = 'com.openfaas.health.http.path'

/** What a replica of this function is asked to learn whether it can take calls. Pure. */
export function planProbe(spec: FunctionSpec): Probe {
  // The watchdog's own limit for the start of its process (watchdog.md 3.3).
  const patienceMs = envDurationMs(spec.envVars['startup_timeout']) ?? DEFAULT_PATIENCE_MS
  const annotated = spec.annotations[READY_PATH] || spec.annotations[HEALTH_PATH]
  if (annotated) return { path: asPath(annotated), accept: 'status', patienceMs }
  // Only watchdogs of of-watchdog's kind know this setting, and they answer for it there (watchdog.md 5.3).
  if (spec.envVars['ready_path']) return { path: '/_/ready', accept: 'status', patienceMs }
  // With suppress_lock both upstream watchdogs answer 503 for ever (watchdog.md 5.2).
  const isMute = spec.envVars['suppress_lock'] === 'true' || spec.envVars['suppress_lock'] === '1'
  return { path: '/_/health', accept: isMute ? 'any' : 'speaks', patienceMs }
}

/** Whether an answer with this status means "ready". Pure. */
export function isReadyStatus(accept: Probe['accept'], status: number): boolean {
  switch (accept) {
    case 'any':
      return true
    case 'status':
      return status >= 200 && status < 400
    // A watchdog says 503 while its process starts. An image without one answers as it likes, usually 404.
    case 'speaks':
      return status !== 503
  }
}

/** Only what may stand in a request line. */
function asPath(text: string): string {
  const path = text.startsWith('/') ? text : `/${text}`
  return path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character))
}
