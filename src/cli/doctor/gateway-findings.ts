import { CliError } from '../cli-error.ts'
import { credentialOf } from '../gateway/credentials-file.ts'
import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts'
import type { Session } from '../session.ts'
import { failed, type Finding, ok, warning } from './finding.ts'

interface Info {
  readonly version?: { readonly release?: string }
  readonly provider?: { readonly provider?: string; readonly orchestration?: string }
  readonly arch?: string
  readonly queue?: { readonly isUp?: boolean; readonly reason?: string }
}

const TIMEOUT_MS = 5_000

/** Clocks that differ by more make times of logs and calls confusing, and certificates invalid. */
const CLOCK_MS = 30_000

export interface GatewayFindings {
  readonly findings: readonly Finding[]
  /** Empty when it does not say. */
  readonly arch: string
  /** `known`: it takes our credentials; `silent`: nothing answers there. */
  readonly contact: 'known' | 'refused' | 'silent'
}

/** The gateway, its health, the credentials for it, its clock. */
export async function gatewayFindings(session: Session, gateway: GatewayClient): Promise<GatewayFindings> {
  const { url, source } = gateway.address
  const at = `${url} (${source})`
  const health = await ask(gateway, '/healthz', true)
  if (health instanceof CliError)
    return { findings: [failed('gateway', health.message, health.hint)], arch: '', contact: 'silent' }
  const { status, text } = health
  const findings =
    status === 200
      ? []
      : [failed('gateway', `${at} answers ${status}: ${text.trim()}`, 'See its log: journalctl -u sampan')]
  const info = await ask(gateway, '/system/info', false)
  if (info instanceof CliError)
    return {
      findings: [...findings, failed('gateway', info.message, info.hint)],
      arch: '',
      contact: 'silent',
    }
  const isRight = info.status === 200
  const known = isRight ? infoIn(info.text) : null
  return {
    findings: [
      ...(status === 200
        ? [ok('gateway', `${at}${known === null ? '' : `, ${versionOf(known)}`}`)]
        : findings),
      await ofCredentials(session, gateway, info.status),
      ...ofQueue(known),
      ...ofClock(session, health.answer),
    ],
    arch: known?.arch ?? '',
    contact: known === null ? 'refused' : 'known',
  }
}

async function ask(gateway: GatewayClient, path: string, isAnonymous: boolean) {
  try {
    const answer = await gateway.send({ method: 'GET', path, timeoutMs: TIMEOUT_MS, isAnonymous })
    return { answer, status: answer.status, text: await answer.text() }
  } catch (error) {
    if (error instanceof CliError) return error
    throw error
  }
}

function infoIn(text: string): Info | null {
  try {
    return JSON.parse(text) as Info
  } catch {
    return null
  }
}

function versionOf({ version, provider, arch }: Info): string {
  return [
    `${provider?.provider ?? 'unknown'} ${version?.release ?? ''}`.trim(),
    provider?.orchestration ?? '',
    arch ?? '',
  ]
    .filter((word) => word !== '')
    .join(', ')
}

async function ofCredentials(session: Session, gateway: GatewayClient, status: number): Promise<Finding> {
  const { url } = gateway.address
  const stored = await credentialOf(session, url)
  if (status === 200)
    return ok(
      'credentials',
      stored === null ? 'the gateway takes requests without' : 'the gateway takes them',
    )
  const hint = `Run: sampan login --gateway ${url} --password-stdin`
  if (status === 401 || status === 403)
    return failed(
      'credentials',
      stored === null ? 'there are none for this gateway' : 'the gateway refuses them',
      hint,
    )
  return warning(
    'credentials',
    `the gateway answers ${status} to /system/info`,
    'Is it a gateway of functions?',
  )
}

function ofQueue(info: Info | null): readonly Finding[] {
  const { queue } = info ?? {}
  if (queue === undefined) return []
  if (queue.isUp === true) return [ok('queue', 'takes asynchronous calls')]
  return [warning('queue', queue.reason ?? 'not up', 'Asynchronous calls wait. See docs/operations.md')]
}

function ofClock({ clock }: Session, { headers: { date } }: GatewayAnswer): readonly Finding[] {
  const there = Date.parse(date ?? '')
  if (Number.isNaN(there)) return []
  const apart = Math.abs(clock.wall() - there)
  if (apart <= CLOCK_MS) return [ok('clock', 'as the gateway has it')]
  const hint = 'Set the clock of the machine that is wrong: timedatectl set-ntp true'
  return [warning('clock', `${Math.round(apart / 1_000)} s apart from the gateway's`, hint)]
}
