import { FaasError } from '../errors.ts'
import { quoted } from '../quoted.ts'

/** The name of a secret and its namespace. Values are never shown. */
export interface SecretRef {
  readonly namespace: string
  readonly name: string
}

/** DNS-1123 subdomain: labels joined by dots. It becomes a file name, so nothing else may pass. */
const DNS_SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** Throws `invalid`, naming `field`, unless `name` can be the name of a secret. */
export function checkSecretName(field: string, name: string): void {
  if (name.length <= 253 && DNS_SUBDOMAIN.test(name)) return
  throw new FaasError(
    'invalid',
    `${field}: ${quoted(name)} must be 1 to 253 lower-case letters, digits, '-' or '.', each part beginning and ending with a letter or digit`,
  )
}
