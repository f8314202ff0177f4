import { parseMemoryBytes } from './resources.ts'

/**
 * Settings that say what functions may do on the host: their types, and the text that stands for them.
 * Parsers throw a sentence.
 */

/** Which seccomp profile functions run under. */
export type SeccompChoice =
  | { readonly use: 'ours' | 'engine' }
  /** Absolute. */
  | { readonly use: 'file'; readonly path: string }

/** A port of the host that functions may use. */
export interface HostPort {
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
}

/**
 * Docker gives no container less memory (Engine API, ContainerCreate: "minimum memory limit allowed is 6MB").
 */
export const LEAST_MEMORY_BYTES = 6 * 1024 * 1024

/** A quantity such as `512Mi`; 0 is no limit. `64m` means thousandths of a byte, and is surely a mistake. */
export function parseBytes(text: string): number {
  const bytes = parseMemoryBytes('value', text)
  if (bytes > 0 && bytes < LEAST_MEMORY_BYTES) throw new Error(`${JSON.stringify(text)} is less than 6Mi`)
  return bytes
}

/** `engine`, or the path of a file. */
export function parseSeccomp(text: string): SeccompChoice {
  if (text === 'engine') return { use: 'engine' }
  if (text.startsWith('/')) return { use: 'file', path: text }
  throw new Error(`${JSON.stringify(text)} must be an absolute path, or engine`)
}

/** Names, separated by commas. */
export function parseRuntimes(text: string): readonly string[] {
  return listed(text).map((name) => {
    if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) return name
    throw new Error(`${JSON.stringify(name)} is not the name of a container runtime`)
  })
}

/** Ports such as `5432` and `53/udp`, separated by commas. */
export function parseHostPorts(text: string): readonly HostPort[] {
  return listed(text).map((item) => {
    const [, digits = '', protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(item) ?? []
    const port = Number(digits)
    if (port > 0 && port <= 65_535) return { protocol: protocol === 'udp' ? 'udp' : 'tcp', port }
    throw new Error(`${JSON.stringify(item)} is not a port such as 5432 or 53/udp`)
  })
}

/** Beginnings of labels, separated by commas. Docker's own and ours are nobody else's. */
export function parseLabelPrefixes(text: string): readonly string[] {
  return listed(text).map((prefix) => {
    if (!/^[A-Za-z0-9][\w./-]{0,126}$/.test(prefix))
      throw new Error(`${JSON.stringify(prefix)} is not how a label begins`)
    const taken = RESERVED_LABELS.find((one) => one.startsWith(prefix) || prefix.startsWith(one))
    if (taken === undefined) return prefix
    throw new Error(`${JSON.stringify(prefix)} would take in labels that begin with ${taken}`)
  })
}

/** Docker's documentation keeps the first three for itself. */
const RESERVED_LABELS = ['com.docker.', 'io.docker.', 'org.dockerproject.', 'com.sampan.']

function listed(text: string): readonly string[] {
  return text.split(',').map((item) => item.trim())
}
