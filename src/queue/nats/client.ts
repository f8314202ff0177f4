// The NATS client, loaded when the queue starts and not before: 12 MB resident and 35 to 70 ms on two cores
// (measured on Node 20), which a daemon without queues does not pay. Others import its types only.

import { readFile } from 'node:fs/promises'
import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { ConnectionOptions, NatsConnection } from '@nats-io/transport-node'
import { explainDial, explainJetStream } from './faults.ts'

/** A server that somebody else runs. */
export interface ForeignServerOptions {
  /** `nats://` or `tls://`, with `user:password@` or without. */
  readonly url: string
  readonly token?: string
  /** A file with a JWT and its seed. */
  readonly credentialsFile?: string
  /** Of the authority that signed the server's certificate. */
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
}

/**
 * A connection with all that is spoken over it. It ends and is not made again: what was under way fails at
 * once.
 */
export interface DialledServer {
  readonly nc: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
}

export interface DialTimes {
  readonly dialLimitMs: number
  readonly pingMs: number
}

/** Connects and sees that JetStream is there. Rejects with a sentence. */
export async function dial(server: ForeignServerOptions, times: DialTimes): Promise<DialledServer> {
  const where = hostOf(server.url)
  const [{ connect, credsAuthenticator }, { jetstream, jetstreamManager }] = await Promise.all([
    import('@nats-io/transport-node'),
    import('@nats-io/jetstream'),
  ])
  const options = await connectionOptions(server, times, where)
  if (server.credentialsFile !== undefined) {
    const credentials = await read(server.credentialsFile, where)
    options.authenticator = credsAuthenticator(credentials)
  }
  const nc = await connect(options).catch((error: unknown) => {
    throw new Error(explainDial(error, where), { cause: error })
  })
  try {
    const jsm = await jetstreamManager(nc)
    return { nc, js: jetstream(nc), jsm }
  } catch (error) {
    await nc.close()
    throw new Error(explainJetStream(error, where), { cause: error })
  }
}

/** Host and port of a server's address: what may be shown. */
export function hostOf(url: string): string {
  return urlOf(url)?.host ?? 'an address that is no URL'
}

async function connectionOptions(
  server: ForeignServerOptions,
  { dialLimitMs, pingMs }: DialTimes,
  where: string,
): Promise<ConnectionOptions> {
  const url = urlOf(server.url)
  if (url === undefined || !['nats:', 'tls:'].includes(url.protocol)) {
    throw new Error(`the address of the NATS server (${where}) must begin with nats:// or tls://`)
  }
  const { caFile, certFile, keyFile, token } = server
  const isTls = url.protocol === 'tls:' || caFile !== undefined || certFile !== undefined
  for (const file of [caFile, certFile, keyFile]) if (file !== undefined) await read(file, where)
  return {
    name: 'sampan',
    servers: `${url.hostname}:${url.port === '' ? '4222' : url.port}`,
    // A session is a connection: the client would hide what happened meanwhile. `link.ts` dials again, for
    // ever.
    reconnect: false,
    ignoreClusterUpdates: true,
    timeout: dialLimitMs,
    pingInterval: pingMs,
    maxPingOut: 2,
    // A stack for each request, for the few that fail, costs a tenth of what a call costs.
    noAsyncTraces: true,
    ...(url.username !== '' && { user: decoded(url.username), pass: decoded(url.password) }),
    ...(token !== undefined && { token }),
    ...(isTls && {
      tls: { ...(caFile && { caFile }), ...(certFile && { certFile }), ...(keyFile && { keyFile }) },
    }),
  }
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A password with a bare percent sign.
    return text
  }
}

async function read(path: string, where: string): Promise<Uint8Array> {
  return readFile(path).catch((error: unknown) => {
    throw new Error(`the NATS server at ${where} cannot be dialled: ${path} cannot be read`, { cause: error })
  })
}
