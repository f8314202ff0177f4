import { createHash } from 'node:crypto'

/**
 * Nothing but our own files runs in the page or is sent anywhere, and no script can make HTML of text: whoever gets
 * script into this page has the session.
 */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  'media-src blob:',
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

/** Of answers that are no page. */
export const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** Of the page for what has no file: it has a style of its own, and no script. */
export const NOTICE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

/** The page in which answers of functions are shown: an origin of its own, without a network. */
export const FRAME_PAGE = 'frame.html'

/** Lets exactly the scripts run that are in the file. */
export function framePolicy(html: string): string {
  const scripts = [...html.matchAll(/<script>([^<]*)<\/script>/g)].map(([, text = '']) => {
    const hash = createHash('sha256').update(text).digest('base64')
    return `'sha256-${hash}'`
  })
  const allowed = scripts.length === 0 ? "'none'" : scripts.join(' ')
  return [
    'sandbox allow-scripts',
    "default-src 'none'",
    `script-src ${allowed}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
  ].join('; ')
}

/** On every answer of the listener, unless it has its own. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), microphone=(), geolocation=()',
}
