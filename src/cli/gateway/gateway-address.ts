import { CliError } from '../cli-error.ts'
import { envOf, type Session } from '../session.ts'

export const DEFAULT_GATEWAY = 'http://127.0.0.1:8080'

/** Where the address came from: named in every error about the gateway. */
export type AddressSource = 'flag' | 'stack file' | 'OPENFAAS_URL' | 'context' | 'default'

export interface GatewayAddress {
  /** Scheme and host in lower case, no slash at the end. */
  readonly url: string
  readonly source: AddressSource
}

/**
 * Which gateway a command speaks to (cli.md 1.5): the flag, the stack file, the environment, the context in use, the
 * default. Unlike in faas-cli a given flag always wins, and paths keep their case (cli.md 19, traps 14 and 15).
 */
export function gatewayAddress(
  session: Session,
  asked: {
    readonly flag: string
    readonly isGiven: boolean
    readonly stackFile: string
    readonly context: string
  },
): GatewayAddress {
  if (asked.isGiven && asked.flag !== '') return { url: normalised(asked.flag), source: 'flag' }
  if (asked.stackFile !== '' && normalised(asked.stackFile) !== DEFAULT_GATEWAY)
    return { url: normalised(asked.stackFile), source: 'stack file' }
  const env = envOf(session, 'OPENFAAS_URL')
  if (env !== '') return { url: normalised(env), source: 'OPENFAAS_URL' }
  if (asked.context !== '') return { url: normalised(asked.context), source: 'context' }
  return { url: DEFAULT_GATEWAY, source: 'default' }
}

/** Without a slash at the end, with a scheme. Throws `CliError` for what is no address. */
export function normalised(text: string): string {
  const trimmed = text.trim().replace(/\/+$/, '')
  const full = /^https?:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`
  const [, scheme = '', host = '', path = ''] = /^(https?:\/\/)([^/]*)(.*)$/i.exec(full) ?? []
  const url = `${scheme.toLowerCase()}${host.toLowerCase()}${path}`
  if (!URL.canParse(url))
    throw new CliError(`"${text}" is no address of a gateway`, { hint: `Such as ${DEFAULT_GATEWAY}` })
  return url
}

/** Addresses under which credentials of this gateway may be kept: one host has several names for itself. */
export function sameGateways(url: string): readonly string[] {
  const names = ['127.0.0.1', 'localhost', '[::1]']
  const [, scheme = '', host = '', rest = ''] = /^(https?:\/\/)(\[[^\]]*\]|[^/:]*)(.*)$/.exec(url) ?? []
  const others = names.includes(host) ? names.filter((name) => name !== host) : []
  const lowered = url.toLowerCase()
  return [...new Set([url, lowered, ...others.map((name) => `${scheme}${name}${rest}`)])]
}
