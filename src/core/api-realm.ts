/**
 * The protection space of the API (RFC 9110, 11.5). A client sends what it was told for a realm to whoever of
 * the same origin names that realm, and functions are of the same origin: so this name is used by nobody by
 * accident, and a function may not use it at all.
 */
const API_REALM = 'sampan-api'

/** What a program without credentials is told to bring. */
export const API_CHALLENGE = `Basic realm="${API_REALM}"`

/**
 * Whether a `WWW-Authenticate` value may be read as a challenge for our realm: with any scheme, among any
 * number of challenges, whatever the quoting and the case. It looks for the name anywhere, because clients
 * disagree about where a challenge ends.
 */
export function namesApiRealm(challenge: string): boolean {
  return challenge.replaceAll('\\', '').toLowerCase().includes(API_REALM)
}
