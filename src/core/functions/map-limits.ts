import { FaasError } from '../errors.ts'
import type { StringMap } from './function-spec.ts'
import { quoted, shortened } from '../quoted.ts'

/** Most entries of a map or a list in a deployment. */
const MOST_ENTRIES = 1_000

/**
 * Longest key of a label or an annotation, in bytes: what Kubernetes allows, a prefix of 253, a slash and a
 * name of 63.
 */
const LONGEST_KEY = 317

/** All keys and values of one map together, in bytes: what Kubernetes allows for annotations. */
const MOST_BYTES = 256 * 1024

/**
 * One variable as `NAME=value` and a zero byte (Linux, `MAX_ARG_STRLEN`): no program can be started with a
 * longer one.
 */
const MOST_VARIABLE_BYTES = 128 * 1024

/**
 * Throws `invalid`, naming `field`, for labels or annotations that have an empty key or are too many, too
 * long or too large.
 */
export function checkMap(field: string, map: StringMap): void {
  const entries = Object.entries(map)
  checkCount(field, entries.length)
  let bytes = 0
  for (const [key, value] of entries) {
    if (key === '') throw new FaasError('invalid', `${field}: a key is empty`)
    const keyBytes = Buffer.byteLength(key)
    if (keyBytes > LONGEST_KEY) {
      throw new FaasError('invalid', `${field}: the key ${quoted(key)} is longer than ${LONGEST_KEY} bytes`)
    }
    bytes += keyBytes + Buffer.byteLength(value)
  }
  checkTotal(field, bytes)
}

/** Throws `invalid`, naming `field`, for a list that has too many entries or is too large. */
export function checkList(field: string, list: readonly string[]): void {
  checkCount(field, list.length)
  checkTotal(
    field,
    list.reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  )
}

/** Throws `invalid`, naming the variable, for what cannot be the environment of a program. */
export function checkEnvironment(field: string, variables: StringMap): void {
  const entries = Object.entries(variables)
  checkCount(field, entries.length)
  for (const [name, value] of entries) {
    if (name === '' || name.includes('=') || name.includes('\0')) {
      throw new FaasError(
        'invalid',
        `${field}: ${quoted(name)} cannot be the name of an environment variable`,
      )
    }
    checkVariable(`${field}.${shortened(name)}`, name, value)
  }
}

/** Throws `invalid`, naming `field`, for what cannot be one variable of an environment. */
export function checkVariable(field: string, name: string, value: string): void {
  if (value.includes('\0')) throw new FaasError('invalid', `${field}: contains a NUL character`)
  const bytes = Buffer.byteLength(name) + Buffer.byteLength(value) + 2
  if (bytes <= MOST_VARIABLE_BYTES) return
  throw new FaasError(
    'invalid',
    `${field}: name and value are larger than the ${MOST_VARIABLE_BYTES - 2} bytes that the kernel allows a variable; use a secret, which is a file`,
  )
}

function checkCount(field: string, count: number): void {
  if (count <= MOST_ENTRIES) return
  throw new FaasError('invalid', `${field}: has ${count} entries, at most ${MOST_ENTRIES} are allowed`)
}

function checkTotal(field: string, bytes: number): void {
  if (bytes <= MOST_BYTES) return
  throw new FaasError(
    'invalid',
    `${field}: is larger than ${MOST_BYTES} bytes (256 KiB), all keys and values together`,
  )
}
