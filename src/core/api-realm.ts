/** The protection space of the API (RFC 9110, 11.5), named as clients of OpenFaaS know it (http-api 2). */
const API_REALM = 'Restricted'

/** The challenge for a program without credentials. */
export const API_CHALLENGE = `Basic realm="${API_REALM}"`

const NAME = API_REALM.toLowerCase()

/**
 * Whether some client may read a `WWW-Authenticate` value as a challenge for our realm. Scheme, number of
 * challenges, quoting and case do not matter, because clients disagree about these. A client sends its
 * credentials for a realm to every path of the origin that names the realm, and functions are on the same
 * origin. A longer name, such as `Restricted Area`, is another realm.
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
