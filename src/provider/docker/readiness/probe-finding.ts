import { isLoopback, type Listener } from './listeners.ts'
import type { Probe } from '../container/probe.ts'

/** The result of one probe of a replica. */
export type Finding =
  /**
   * It can take calls. `isUnproven`: only its watchdog says so, and the process behind it could not be
   * checked.
   */
  | { readonly kind: 'good'; readonly isUnproven: boolean }
  | { readonly kind: 'no-address' }
  /** No connection could be opened. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent' }
  /** The connection ended before an answer. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'not-http' }
  | { readonly kind: 'status'; readonly status: number }
  /** Its watchdog answers, but the process behind it does not listen. */
  | { readonly kind: 'no-process'; readonly port: number }

/** What was probed. */
export interface Asked {
  readonly port: number
  readonly probe: Pick<Probe, 'path' | 'timeoutMs' | 'accept'>
  /** What listens in the container; null when unknown. */
  readonly listeners: readonly Listener[] | null
}

/** Why a replica is not ready. */
export interface Lack {
  /** Completes "function … is not ready: …". */
  readonly reason: string
  /** Waiting will hardly help: the cause is how the function was written or deployed. */
  readonly isLasting: boolean
}

/** Most listeners named in a sentence. */
const MOST_LISTED = 5

/**
 * What was tried and what happened, as a clause that completes "function … is not ready: …". Empty for a good
 * finding. Pure.
 */
export function describeFinding(finding: Finding, { port, probe, listeners }: Asked): string {
  const question = `GET ${probe.path}`
  switch (finding.kind) {
    case 'good':
      return ''
    case 'no-address':
      return 'its container has no address in its network'
    case 'refused':
      return `nothing accepts connections at port ${port} of the container${whereElse(port, listeners)}`
    case 'silent':
      return `${question}: it takes connections, and gave no answer within ${probe.timeoutMs / 1_000} s`
    case 'closed':
      return `${question}: closed without an answer; does it speak HTTP at port ${port}?`
    case 'not-http':
      return `${question}: what came back is not HTTP; let it speak HTTP at port ${port}`
    case 'status':
      return `${question}: answered with status ${finding.status}${meaningOf(probe, finding.status)}`
    case 'no-process':
      return `its process does not listen at port ${finding.port} (upstream_url)${whereBehind(port, listeners)}`
  }
}

/** Whether the finding is probably permanent: a slow start looks different. Pure. */
export function isLastingFinding(finding: Finding, { port, listeners }: Asked): boolean {
  switch (finding.kind) {
    case 'refused':
      return listeners !== null && listeners.length > 0
    case 'no-process':
      return behind(port, listeners).length > 0
    case 'status':
      return finding.status >= 400 && finding.status < 500
    case 'closed':
    case 'not-http':
      return true
    case 'good':
    case 'no-address':
    case 'silent':
      return false
  }
}

/** Only the 503 of a watchdog is a bad answer to every kind of probe. */
function meaningOf({ accept }: Asked['probe'], status: number): string {
  if (accept === 'speaks') return ', by which its watchdog says that its process is not ready'
  return status === 404 ? '; is the path right?' : ''
}

function whereElse(port: number, listeners: readonly Listener[] | null): string {
  const wish = `0.0.0.0:${port}`
  if (listeners === null) return `; does it listen on ${wish}?`
  if (listeners.length === 0) return `: it does not listen yet; let it listen on ${wish}`
  const hidden = listeners.filter((one) => one.port === port && isLoopback(one))
  if (hidden.length > 0) {
    return `: it listens on ${listed(hidden)} only, which is reached from within the container alone; let it listen on ${wish}`
  }
  return `: it listens on ${listed(listeners)}; let it listen on ${wish}`
}

function whereBehind(port: number, listeners: readonly Listener[] | null): string {
  const others = behind(port, listeners)
  return others.length === 0
    ? ''
    : `: it listens on ${listed(others)}; let it listen there, or let upstream_url say where it does`
}

/** Leaves out the watchdog's own ports: the one for calls and the one of its metrics. */
function behind(port: number, listeners: readonly Listener[] | null): readonly Listener[] {
  return (listeners ?? []).filter((one) => one.port !== port && one.port !== port + 1)
}

function listed(listeners: readonly Listener[]): string {
  const texts = listeners.map(
    ({ address, port }) => `${address.includes(':') ? `[${address}]` : address}:${port}`,
  )
  const distinct = [...new Set(texts)]
  const more = distinct.length - MOST_LISTED
  return distinct.slice(0, MOST_LISTED).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
