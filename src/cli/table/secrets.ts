import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { GATEWAY, OUTPUT } from './common-flags.ts'

const OF_NAMESPACE = {
  namespace: { short: 'n', kind: 'string', value: 'NAME', help: 'namespace of the secret' },
} as const satisfies FlagSpecs

const VALUE = {
  'from-literal': {
    kind: 'string',
    value: 'TEXT',
    help: 'the value; other users of this machine may see it',
  },
  'from-file': { kind: 'string', value: 'FILE', help: 'file with the value' },
  trim: {
    kind: 'bool',
    default: true,
    help: 'take blanks and line ends off both ends; of a file only when this is given',
  },
} as const satisfies FlagSpecs

export const SECRET_CREATE_FLAGS = {
  ...GATEWAY,
  ...OF_NAMESPACE,
  ...VALUE,
  replace: { kind: 'bool', help: 'replace the value of one that exists' },
} as const satisfies FlagSpecs

export const SECRET_UPDATE_FLAGS = { ...GATEWAY, ...OF_NAMESPACE, ...VALUE } as const satisfies FlagSpecs

export const SECRET_LIST_FLAGS = { ...GATEWAY, ...OF_NAMESPACE, ...OUTPUT } as const satisfies FlagSpecs

export const SECRET_REMOVE_FLAGS = { ...GATEWAY, ...OF_NAMESPACE } as const satisfies FlagSpecs

export const SECRET_APPLY_FLAGS = {
  ...GATEWAY,
  ...OF_NAMESPACE,
  trim: { kind: 'bool', default: true, help: 'take blanks and line ends off both ends of texts' },
  'dry-run': { kind: 'bool', help: 'only say what would be done' },
} as const satisfies FlagSpecs

export const SECRET_GENERATE_FLAGS = {
  length: { kind: 'int', default: 32, value: 'BYTES', help: 'random bytes, which become base64' },
  output: {
    short: 'o',
    kind: 'string',
    value: 'FILE',
    help: 'write it to a file that only its owner may read',
  },
} as const satisfies FlagSpecs

export const SECRET_KEYGEN_FLAGS = {
  output: {
    short: 'o',
    kind: 'string',
    default: 'key',
    value: 'FILE',
    help: 'file of the private key; FILE.pub has the public one',
  },
  overwrite: { kind: 'bool', help: 'write over keys that are there' },
} as const satisfies FlagSpecs

const SEALED_FILE = 'com.openfaas.secrets'

export const SECRET_SEAL_FLAGS = {
  'from-literal': { kind: 'list', value: 'NAME=TEXT', help: 'a secret' },
  'from-file': { kind: 'list', value: 'NAME=PATH', help: 'a secret with the content of a file' },
  output: { short: 'o', kind: 'string', default: SEALED_FILE, value: 'FILE', help: 'where to' },
} as const satisfies FlagSpecs

export const SECRET_UNSEAL_FLAGS = {
  in: { kind: 'string', default: SEALED_FILE, value: 'FILE', help: 'sealed file' },
  key: { kind: 'string', value: 'NAME', help: 'only this secret, as bytes without a line end' },
  json: { short: 'j', kind: 'bool', help: 'as JSON' },
} as const satisfies FlagSpecs

const NEW = { usage: 'NAME', least: 1, most: 1 } as const
const KNOWN = { ...NEW, names: 'secret' } as const

export const SECRETS: readonly AnyCommand[] = [...storedSecrets(), ...sealedSecrets()]

function storedSecrets(): readonly AnyCommand[] {
  return [
    command({
      path: ['secret', 'create'],
      summary: 'create a secret at the gateway',
      details:
        'Without --from-literal and --from-file the value is read from standard input. It is never shown again.',
      examples: [
        'sampan secret create db-password < password',
        'sampan secret create tls-key --from-file key.pem',
      ],
      arguments: NEW,
      flags: SECRET_CREATE_FLAGS,
      load: () => import('../secrets/create.ts'),
    }),
    command({
      path: ['secret', 'update'],
      aliases: ['u'],
      summary: 'replace the value of a secret',
      arguments: KNOWN,
      flags: SECRET_UPDATE_FLAGS,
      load: () => import('../secrets/update.ts'),
    }),
    command({
      path: ['secret', 'list'],
      aliases: ['ls'],
      summary: 'list the names of secrets',
      arguments: NO_ARGUMENTS,
      flags: SECRET_LIST_FLAGS,
      load: () => import('../secrets/list.ts'),
    }),
    command({
      path: ['secret', 'remove'],
      aliases: ['rm', 'delete'],
      summary: 'remove a secret',
      arguments: KNOWN,
      flags: SECRET_REMOVE_FLAGS,
      load: () => import('../secrets/remove.ts'),
    }),
    command({
      path: ['secret', 'apply'],
      summary: 'create or update a secret for each file in ./.secrets',
      arguments: NO_ARGUMENTS,
      flags: SECRET_APPLY_FLAGS,
      load: () => import('../secrets/apply.ts'),
    }),
  ]
}

function sealedSecrets(): readonly AnyCommand[] {
  return [
    command({
      path: ['secret', 'generate'],
      aliases: ['gen'],
      summary: 'print a random value',
      examples: ['sampan secret generate | sampan secret create api-token'],
      arguments: NO_ARGUMENTS,
      flags: SECRET_GENERATE_FLAGS,
      load: () => import('../secrets/generate.ts'),
    }),
    command({
      path: ['secret', 'keygen'],
      summary: 'make a pair of keys for sealed build secrets',
      arguments: NO_ARGUMENTS,
      flags: SECRET_KEYGEN_FLAGS,
      load: () => import('../sealing/keygen.ts'),
    }),
    command({
      path: ['secret', 'seal'],
      summary: 'seal build secrets for the owner of a public key',
      examples: ['sampan secret seal key.pub --from-file npmrc=./.npmrc'],
      arguments: { usage: 'PUBLIC-KEY', least: 1, most: 1, names: 'file' },
      flags: SECRET_SEAL_FLAGS,
      load: () => import('../sealing/seal.ts'),
    }),
    command({
      path: ['secret', 'unseal'],
      summary: 'show what is in a sealed file',
      arguments: { usage: 'PRIVATE-KEY', least: 1, most: 1, names: 'file' },
      flags: SECRET_UNSEAL_FLAGS,
      load: () => import('../sealing/unseal.ts'),
    }),
  ]
}
