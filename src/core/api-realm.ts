/** The protection space of the API (RFC 9110, 11.5), named as clients of OpenFaaS know it (http-api 2). */
const API_REALM = 'Restricted'

/** What a program without credentials is told to bring. */
export const API_CHALLENGE = `Basic realm="${API_REALM}"`

const NAME = API_REALM.toLowerCase()

/**
 * Whether a `WWW-Authenticate` value may be read as a challenge for our realm: with any scheme, among any
 * number of challenges, whatever the quoting and the case, because clients disagree about these. A client
 * sends what it was told for a realm to whoever of the same origin names that realm, and functions are of the
 * same origin. A longer name, such as `Restricted Area`, is another realm.
 */
export function namesApiRealm(challenge: string): boolean {
  const plain = challenge.replace(/[\\\s]/g, '').toLowerCase()
  if (plain.includes(`realm="${NAME}"`)) return true
  const unquoted = `realm=${NAME}`
  for (let at = plain.indexOf(unquoted); at >= 0; at = plain.indexOf(unquoted, at + 1)) {
    const next = plain[at + unquoted.length]
    if (next === undefined || next === ',' || next === ';') return true
  }
  return false
}
