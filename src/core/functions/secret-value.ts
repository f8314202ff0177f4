import { FaasError } from '../errors.ts'

/** Largest value of a secret, in bytes: what Kubernetes allows, so that what works there works here. */
export const MAX_SECRET_BYTES = 1024 * 1024

/**
 * Throws `invalid`, naming the fields of the body that it may come from, unless `value` can be the value of a
 * secret.
 */
export function checkSecretValue(value: Uint8Array): void {
  if (value.byteLength === 0) {
    throw new FaasError(
      'invalid',
      'value: is missing or empty; give the text as value, or any bytes in base64 as rawValue',
    )
  }
  if (value.byteLength <= MAX_SECRET_BYTES) return
  throw new FaasError(
    'invalid',
    `value: has ${value.byteLength} bytes, a secret may have at most ${MAX_SECRET_BYTES} (1 MiB), a fixed limit of the gateway`,
  )
}
