import type { FlagSpecs } from '../args/command.ts'
import { DEFAULT_GATEWAY } from '../gateway/gateway-address.ts'

// The flags that many commands share (cli.md 3), under the names that the reference gives them there.

export const GATEWAY = {
  gateway: {
    short: 'g',
    kind: 'string',
    default: DEFAULT_GATEWAY,
    value: 'URL',
    help: 'address of the gateway',
  },
  'tls-no-verify': { kind: 'bool', help: 'do not check the certificate of the gateway' },
  token: {
    short: 'k',
    kind: 'string',
    value: 'TOKEN',
    help: 'bearer token to send instead of stored credentials',
  },
} as const satisfies FlagSpecs

export const NAMESPACE = {
  namespace: { short: 'n', kind: 'string', value: 'NAME', help: 'namespace of the function' },
} as const satisfies FlagSpecs

export const ENVSUBST = {
  envsubst: { kind: 'bool', default: true, help: 'replace ${VARIABLES} in the stack file' },
} as const satisfies FlagSpecs

/** `-j`, and the forms that scripts and people choose with one flag. */
export const OUTPUT = {
  json: { short: 'j', kind: 'bool', help: 'the same as --output json' },
  output: {
    kind: 'string',
    oneOf: ['', 'json', 'yaml', 'name', 'wide'],
    value: 'FORM',
    help: 'json, yaml, name (names alone) or wide (more columns)',
  },
} as const satisfies FlagSpecs

/** Or `SAMPAN_OFFLINE=1`. */
export const OFFLINE = {
  offline: {
    kind: 'bool',
    help: 'use what is here and in the cache, and never the network (SAMPAN_OFFLINE)',
  },
} as const satisfies FlagSpecs

/** How the tag of an image comes about (cli.md 9.4). */
export const TAG = {
  tag: {
    kind: 'string',
    default: 'latest',
    value: 'RULE',
    help: 'what is added to the tag: latest (nothing), sha, branch, describe, digest',
  },
} as const satisfies FlagSpecs
