import * as v from 'valibot'
import { type HostPort, LEAST_MEMORY_BYTES, type SeccompChoice } from '../core/host-settings.ts'
import { type Kind, sizeOrNone, whole } from './kinds.ts'

// Kinds of settings that are about this host: its engine, what functions may do here, whose containers they
// are.

/** Becomes part of container and network names. */
export const instanceName: Kind<string> = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/, "must be 1 to 32 lower-case letters, digits or '-'"),
)

/** Basic authentication ends it at the first colon. */
export const userName: Kind<string> = v.pipe(
  v.string(),
  v.regex(/^[^:]*$/, 'cannot be a user name: it has a colon (basic authentication)'),
)

const SCHEMES = 'must begin with unix:///, tcp://, http:// or https://'

export const engineAddress: Kind<string> = v.pipe(
  v.string(),
  v.check((text) => !text.startsWith('ssh://'), `${SCHEMES}; over SSH it cannot work, see docs/config.md`),
  v.regex(/^(?:unix:\/\/\/|tcp:\/\/|https?:\/\/|\/)/, SCHEMES),
)

/** A name in `Host`, in lower case. Without port: `Host` is compared by its name. */
export const hostPattern: Kind<string> = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/, 'is not a host name, *.NAME or *'),
)

/** Scheme, host and port of a page, without a path. */
export const pageOrigin: Kind<string> = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(
    /^https?:\/\/(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\/?$/,
    'is not an origin such as https://sampan.example.org',
  ),
  v.transform((text) => text.replace(/\/$/, '')),
)

/** Memory or disk of a function; 0 is no limit. Docker gives no container less than the least. */
export const functionSize = sizeOrNone(LEAST_MEMORY_BYTES)

/** IPv4 wants 576 at least (RFC 791); a bridge takes no more than 65535. */
export const packetSize = whole('a number of bytes', 576, 65_535)

/** `engine`, or the path of a file. Ours has no word: it is what an unset variable means. */
export const seccompProfile: Kind<SeccompChoice> = v.pipe(
  v.string(),
  v.regex(/^(?:engine$|\/)/, 'must be an absolute path, or engine'),
  v.transform((text): SeccompChoice => (text === 'engine' ? { use: text } : { use: 'file', path: text })),
)

export const runtimeName: Kind<string> = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w.-]{0,63}$/, 'is not the name of a container runtime'),
)

const PORT = 'is not a port such as 5432 or 53/udp'

/** A port of this host, of TCP where nothing else is said. */
export const hostPort: Kind<HostPort> = v.pipe(
  v.string(),
  v.regex(/^\d{1,5}(?:\/(?:tcp|udp))?$/, PORT),
  v.transform((text): HostPort => {
    const [digits, protocol] = text.split('/')
    return { protocol: protocol === 'udp' ? 'udp' : 'tcp', port: Number(digits) }
  }),
  v.check(({ port }) => port > 0 && port <= 65_535, PORT),
)

/** Docker's documentation keeps the first three for itself. */
const RESERVED_LABELS = ['com.docker.', 'io.docker.', 'org.dockerproject.', 'com.sampan.']

/** How a label begins. Docker's own and ours are nobody else's. */
export const labelPrefix: Kind<string> = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9][\w./-]{0,126}$/, 'is not how a label begins'),
  v.check(
    (prefix) => reservedBy(prefix) === undefined,
    ({ input }) => `would take in labels that begin with ${reservedBy(input)}`,
  ),
)

function reservedBy(prefix: string): string | undefined {
  return RESERVED_LABELS.find((one) => one.startsWith(prefix) || prefix.startsWith(one))
}

/** The id of a registry, or what has none. */
export const registryId: Kind<string> = v.pipe(
  v.string(),
  v.toLowerCase(),
  v.regex(/^(?:[0-9a-f]{32}|unmarked)$/, 'is not the id of a registry, 32 digits from 0 to f, nor unmarked'),
)

/** `nats://` or `tls://`, with user and password or a token before the host. */
export const natsUrl: Kind<string> = v.pipe(
  v.string(),
  v.regex(/^(?:nats|tls):\/\/[^/?#\s]+\/?$/, 'is not nats://HOST:PORT or tls://HOST:PORT'),
)

/** How often a server has its disk written. */
type SyncInterval = 'always' | `${number}s` | `${number}m`

/** `always`, or a duration of a second and more. */
export const syncInterval: Kind<SyncInterval> = v.pipe(
  v.string(),
  v.regex(/^(?:always|[1-9]\d{0,3}(?:s|m))$/, 'is neither always nor a duration such as 10s or 2m'),
  v.transform((text) => text as SyncInterval),
)

/** Calls of a queue at a time. */
export const queueLimit: Kind<{ readonly queue: string; readonly most: number }> = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9_-]{1,63}=[1-9]\d{0,5}$/, 'is not NAME=COUNT'),
  v.transform((text) => {
    const [queue = '', most = ''] = text.split('=')
    return { queue, most: Number(most) }
  }),
)

/** A host, a network or a pattern; `queue/callbacks/host-rules.ts` says exactly which. */
export const callbackHost: Kind<string> = v.pipe(
  v.string(),
  v.regex(/^[\w.*:[\]/-]{1,255}$/, 'is not a host, *.NAME, an address or a network, with :PORT or without'),
)

/** A key that nobody guesses. Files end with a line's end, which is none of it. */
export const payloadSecret: Kind<string> = v.pipe(
  v.string(),
  v.trim(),
  v.minLength(16, 'is shorter than 16 characters'),
)
