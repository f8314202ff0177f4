import { connect, type Socket } from 'node:net'
import type { Clock } from '../../../clock.ts'
import { isGoodStatus, type Probe } from '../container/probe.ts'
import type { Finding } from './probe-finding.ts'

export interface ProbeTarget {
  readonly id: string
  readonly host: string
  readonly port: number
  readonly probe: Probe
  /** As in the plan; null for a probe that is not about readiness. */
  readonly processPort: number | null
}

/** Probes once. Never rejects; after an abort the result means nothing. */
export type Ask = (target: ProbeTarget, signal: AbortSignal) => Promise<Finding>

/** Longest answer that is read, including interim answers. */
const MOST_BYTES = 64 * 1024

/**
 * Probes over HTTP. Only the first line of the answer decides. If the rest of the head is malformed, the
 * first call fails with a sentence about it, which is better than a replica that is never ready and makes
 * calls wait.
 */
export function httpAsk(clock: Clock): Ask {
  return (target, signal) => {
    // Without an address Node would connect to this host, where our own gateway answers.
    if (target.host === '') return Promise.resolve({ kind: 'no-address' })
    if (signal.aborted) return Promise.resolve({ kind: 'silent' })
    return new Promise((resolve) => {
      const { host, port, probe } = target
      // Each probe has its own connection: the replica is not trusted to keep a reused one in order.
      const socket = connect({ host, port })
      const settle = (finding: Finding): void => {
        cancelTimeout()
        signal.removeEventListener('abort', giveUp)
        socket.destroy()
        resolve(finding)
      }
      const giveUp = (): void => settle({ kind: socket.connecting ? 'refused' : 'silent' })
      // Timers run before sockets in a turn of the event loop: after a long turn an answer may have arrived
      // that was not read yet.
      const cancelTimeout = clock.after(probe.timeoutMs, () => setImmediate(giveUp))
      signal.addEventListener('abort', giveUp, { once: true })
      speak(socket, target, settle)
    })
  }
}

function speak(socket: Socket, { host, port, probe }: ProbeTarget, settle: (finding: Finding) => void): void {
  const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  let isOpen = false
  let text = ''
  socket.on('connect', () => {
    isOpen = true
    socket.write(
      `GET ${probe.path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: kube-probe/sampan\r\nConnection: close\r\n\r\n`,
    )
  })
  socket.on('data', (chunk) => {
    text = withoutInterims(text + chunk.toString('latin1'))
    const finding = judge(probe, text)
    if (finding !== null) settle(finding)
  })
  const lost = (): void => {
    if (!isOpen) settle({ kind: 'refused' })
    else settle({ kind: text === '' ? 'closed' : 'not-http' })
  }
  socket.on('error', lost).on('end', lost).on('close', lost)
}

/** Removes complete 1xx answers from the beginning. */
function withoutInterims(text: string): string {
  let rest = text
  while (/^HTTP\/1\.[01] 1\d\d[ \r\n]/.test(rest)) {
    const end = /\n\r?\n/.exec(rest)
    if (end === null) break
    rest = rest.slice(end.index + end[0].length)
  }
  return rest
}

/** Null while the first line is incomplete. */
function judge({ accept }: Probe, text: string): Finding | null {
  const status = Number(/^HTTP\/1\.[01] ([2-9]\d\d)[ \r\n]/.exec(text)?.[1] ?? 0)
  if (status > 0) return isGoodStatus(accept, status) ? GOOD : { kind: 'status', status }
  const isPossible = /^HTTP\/1\.[01] \d{3}/.test(text) || text.length < 'HTTP/1.1 200'.length
  return isPossible && text.length < MOST_BYTES ? null : { kind: 'not-http' }
}

const GOOD: Finding = { kind: 'good', isUnproven: false }
