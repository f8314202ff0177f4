// The configuration of the nats-server that the daemon starts, as text. Pure: what is written where is in
// `server-files.ts`.

/** When what was written must be on the disk: before each answer, or within this time. */
export type SyncInterval = 'always' | `${number}s` | `${number}m`

export interface ServerSettings {
  /** Unset: a name of ours; seen in monitoring only. */
  readonly name?: string
  /** Folder of the streams. */
  readonly storeDir: string
  /** Folder in which the server tells its ports. */
  readonly portsDir: string
  readonly user: string
  readonly password: string
  /** All streams together may reserve as much. */
  readonly maxFileStoreBytes: number
  readonly maxMemoryStoreBytes: number
  /** The largest message, its headers included. */
  readonly maxPayloadBytes: number
  readonly syncInterval: SyncInterval
}

/** Connections of our own daemon, and of somebody who looks. */
const MOST_CONNECTIONS = 64

/**
 * Nothing but clients on the loopback address, on ports that the system chooses: two data folders do not meet.
 * No routes, leaf nodes, gateways, MQTT or websockets: what is not named is off. `http` is for `/healthz`.
 * `max_file_store` must be said: the server's own choice is a share of what is free at its start, so a fuller
 * disk would refuse streams that exist (nats-server#3641).
 */
export function serverConfig(settings: ServerSettings): string {
  const { storeDir, portsDir, user, password, maxFileStoreBytes, maxMemoryStoreBytes } = settings
  return [
    '# Written by the daemon at each start of the server: changes are lost.',
    `server_name: ${quote(settings.name ?? 'sampan')}`,
    'listen: "127.0.0.1:-1"',
    'http: "127.0.0.1:-1"',
    `ports_file_dir: ${quote(portsDir)}`,
    'logtime: false',
    `max_connections: ${MOST_CONNECTIONS}`,
    `max_payload: ${wholeBytes(settings.maxPayloadBytes)}`,
    'authorization {',
    `  user: ${quote(user)}`,
    `  password: ${quote(password)}`,
    '}',
    'jetstream {',
    `  store_dir: ${quote(storeDir)}`,
    `  max_file_store: ${wholeBytes(maxFileStoreBytes)}`,
    `  max_memory_store: ${wholeBytes(maxMemoryStoreBytes)}`,
    `  sync_interval: ${quote(settings.syncInterval)}`,
    '}',
    '',
  ].join('\n')
}

/**
 * What the server must be allowed to store so that all these streams exist: each `max_bytes` is a
 * reservation.
 */
export function fileStoreBytes(streams: readonly { readonly maxBytes: number }[]): number {
  const sum = streams.reduce((total, { maxBytes }) => total + maxBytes, 0)
  return Math.ceil(sum * 1.1)
}

/**
 * A string in double quotes, as the server's lexer reads it: in these, `$NAME` is no variable and `#` no
 * comment. It knows the escapes below and `\xHH` (conf/lex.go, lexStringEscape).
 */
export function quote(text: string): string {
  const safe = Array.from(text, (character) => {
    if (character === '"' || character === '\\') return `\\${character}`
    const code = character.charCodeAt(0)
    return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : character
  }).join('')
  return `"${safe}"`
}

function wholeBytes(bytes: number): string {
  return String(Math.ceil(bytes))
}
