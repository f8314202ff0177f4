// What can be wrong with NATS, as sentences for an operator: the cause and the remedy. Pure.

import { shortened } from '../../core/quoted.ts'

/** Of a text that the server or the system chose. */
const LONGEST = 300

/** JetStream's own numbers of errors (server/errors.json of nats-server). */
export const API = {
  streamNotFound: 10_059,
  subjectsOverlap: 10_065,
  storageExceeded: 10_047,
  streamOffline: [10_118, 10_194],
  invalidConfig: 10_052,
} as const

/** Something about a stream that keeps us from using it: the message is the sentence. */
export class StreamFault extends Error {}

/** Why our own server ended before it was ready, or while it was needed. */
export function explainEnd(how: string, complaints: readonly string[]): string {
  const said = shortened(complaints.join('; '), LONGEST)
  const remedy = END_REMEDIES.find(([pattern]) => pattern.test(said))?.[1] ?? ''
  return `nats-server ended (${how})${said === '' ? '' : `: ${said}`}${remedy}`
}

const END_REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/no space left/i, '. The disk of the data folder is full: make room'],
  [/permission denied/i, '. The daemon must own its data folder and all that is in it'],
  [
    /unknown field/i,
    '. This version does not know a setting that queues need: take the one of "npm run build:nats"',
  ],
]

/**
 * Why a server could not be spoken to. `where` is its host and port, never its URL: that may hold a
 * password.
 */
export function explainDial(error: unknown, where: string): string {
  const { name, text, code } = partsOf(error)
  if (name === 'AuthorizationError' || /authorization violation|authentication/i.test(text)) {
    return `the NATS server at ${where} refuses the credentials: correct the user and password, the token or the credentials file of the settings`
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `the name of the NATS server at ${where} is not known (${code}): correct the address, or the name service`
  }
  if (/certificate|self.signed|unable to verify|CERT_|altname/i.test(`${text} ${code}`)) {
    return `the NATS server at ${where} shows a certificate that is not trusted (${shortened(text, LONGEST)}): name the file of its authority in the settings`
  }
  if (text.includes('refused') || code === 'ECONNREFUSED') {
    return `no NATS server listens at ${where}: start it, or correct the address`
  }
  if (name === 'TimeoutError' || /timeout/i.test(text)) {
    return `the NATS server at ${where} does not answer: look whether it runs, and whether a firewall is between`
  }
  return `the NATS server at ${where} cannot be used: ${shortened(text, LONGEST)}`
}

/** Why JetStream of a server cannot be used. */
export function explainJetStream(error: unknown, where: string): string {
  const { name, text } = partsOf(error)
  if (name === 'JetStreamNotEnabled' || /jetstream not enabled/i.test(text)) {
    return `the NATS server at ${where} has no JetStream for us: start it with JetStream, and allow it for our account`
  }
  return explainDial(error, where)
}

/** Why a stream could not be looked at, made or changed. */
export function explainStream(error: unknown, stream: string): string {
  const { text } = partsOf(error)
  const number = apiCode(error)
  if (number === API.storageExceeded) {
    return `there is no room for the stream ${stream}: the limits of all streams together are above max_file_store of the NATS server (10047). Raise that, or make the queues' limits smaller`
  }
  if (API.streamOffline.some((each) => each === number) || /unsupported/i.test(text)) {
    return `the stream ${stream} was made or changed by a newer nats-server (${shortened(text, LONGEST)}): run that version or a newer one`
  }
  if (/no space left/i.test(text)) {
    return `the disk of the NATS server is full: the stream ${stream} cannot be made (${shortened(text, LONGEST)}). Make room`
  }
  const suffix = number === undefined ? '' : ` (${number})`
  return `the stream ${stream} cannot be used: ${shortened(text, LONGEST)}${suffix}`
}

/** JetStream's number of an error; undefined for one of another kind. */
export function apiCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined
  return typeof error.code === 'number' ? error.code : undefined
}

function partsOf(error: unknown): { name: string; text: string; code: string } {
  if (!(error instanceof Error)) return { name: '', text: String(error), code: '' }
  const cause = error.cause instanceof Error ? partsOf(error.cause) : undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : (cause?.code ?? '')
  const name =
    error.name === 'Error' || error.name === 'ConnectionError' ? (cause?.name ?? error.name) : error.name
  const text =
    cause === undefined || error.message.includes(cause.text)
      ? error.message
      : `${error.message}: ${cause.text}`
  return { name, text, code }
}
