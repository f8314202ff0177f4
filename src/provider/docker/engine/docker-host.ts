/** The engine's address, as the HTTP client takes it. */
export type EngineAddress =
  | { readonly socketPath: string }
  | { readonly protocol: 'http' | 'https'; readonly host: string; readonly port: number }

const USUAL_SOCKET = '/var/run/docker.sock'

/**
 * Reads `unix:///path`, `/path`, `tcp://host:port`, `http://…`, `https://…`; null means the usual socket.
 * Throws on anything else.
 */
export function parseDockerHost(text: string | null): EngineAddress {
  if (text === null) return { socketPath: USUAL_SOCKET }
  if (text.startsWith('/')) return { socketPath: text }
  if (text.startsWith('unix://')) return { socketPath: text.slice('unix://'.length) || USUAL_SOCKET }

  const url = new URL(text.replace(/^tcp:/, 'http:'))
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Error(`${JSON.stringify(text)} must begin with unix:///, tcp://, http:// or https://`)
  }
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? defaultPort(text, secure) : Number(url.port)
  return { protocol: secure ? 'https' : 'http', host: url.hostname, port }
}

/**
 * The URL parser drops the default port of a scheme: `tcp://host:80` means 80, `tcp://host` means Docker's
 * 2375.
 */
function defaultPort(text: string, secure: boolean): number {
  const explicit = /:(\d+)\/?$/.exec(text)?.[1]
  if (explicit !== undefined) return Number(explicit)
  return secure ? 2376 : 2375
}
