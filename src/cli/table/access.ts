import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { ENVSUBST, GATEWAY, OUTPUT } from './common-flags.ts'

// The flags of a command stand alone, because its handler has its type from them, and the command the type of the handler.

export const VERSION_FLAGS = {
  ...GATEWAY,
  ...ENVSUBST,
  ...OUTPUT,
  'short-version': { kind: 'bool', help: 'only the version of this program' },
  'warn-update': {
    kind: 'bool',
    default: true,
    help: 'taken for compatibility: nothing is looked up',
    isHidden: true,
  },
} as const satisfies FlagSpecs

const { gateway: AT_GATEWAY, 'tls-no-verify': UNCHECKED } = GATEWAY

const PASSWORD = {
  password: { kind: 'string', value: 'TEXT', help: 'password; other users of this machine may see it' },
  'password-stdin': { short: 's', kind: 'bool', help: 'read the password from standard input' },
} as const satisfies FlagSpecs

export const LOGIN_FLAGS = {
  gateway: AT_GATEWAY,
  'tls-no-verify': UNCHECKED,
  username: { short: 'u', kind: 'string', default: 'admin', value: 'NAME', help: 'who logs in' },
  ...PASSWORD,
  password: { ...PASSWORD.password, short: 'p' },
  timeout: { kind: 'duration', default: 5_000, help: 'how long the gateway may take to answer' },
} as const satisfies FlagSpecs

export const LOGOUT_FLAGS = { gateway: AT_GATEWAY } as const satisfies FlagSpecs

export const DOCTOR_FLAGS = { ...GATEWAY, ...ENVSUBST, ...OUTPUT } as const satisfies FlagSpecs

export const CONTEXT_LIST_FLAGS = OUTPUT

export const CONTEXT_ADD_FLAGS = {
  use: { kind: 'bool', help: 'use it from now on' },
  overwrite: { kind: 'bool', help: 'give the name to another gateway than before' },
} as const satisfies FlagSpecs

export const REGISTRY_LOGIN_FLAGS = {
  server: {
    kind: 'string',
    default: 'https://index.docker.io/v1/',
    value: 'URL',
    help: 'registry to log in to',
  },
  username: { short: 'u', kind: 'string', value: 'NAME', help: 'who logs in' },
  ...PASSWORD,
  ecr: { kind: 'bool', help: 'leave it to the credential helper of Amazon ECR' },
  'account-id': { kind: 'string', value: 'ID', help: 'account, with --ecr' },
  region: { kind: 'string', value: 'NAME', help: 'region, with --ecr' },
} as const satisfies FlagSpecs

const PLUGIN_GET_FLAGS = {
  registry: { kind: 'string', help: 'taken for compatibility' },
  arch: { kind: 'string', help: 'taken for compatibility' },
  os: { kind: 'string', help: 'taken for compatibility' },
  version: { kind: 'string', help: 'taken for compatibility' },
  path: { kind: 'string', help: 'taken for compatibility' },
  verbose: { short: 'v', kind: 'bool', help: 'taken for compatibility' },
} as const satisfies FlagSpecs

const CHART_EXPORT_FLAGS = {
  output: { short: 'o', kind: 'string', help: 'taken for compatibility' },
  values: { kind: 'string', help: 'taken for compatibility' },
  set: { kind: 'list', help: 'taken for compatibility' },
  crds: { kind: 'bool', default: true, help: 'taken for compatibility' },
  namespace: { short: 'n', kind: 'string', help: 'taken for compatibility' },
  release: { kind: 'string', help: 'taken for compatibility' },
} as const satisfies FlagSpecs

const ONE_CONTEXT = { usage: 'NAME', least: 1, most: 1, names: 'context' } as const

export const ACCESS: readonly AnyCommand[] = [
  command({
    path: ['version'],
    summary: 'show the versions of this program, the gateway and the provider',
    arguments: NO_ARGUMENTS,
    flags: VERSION_FLAGS,
    load: () => import('../access/version.ts'),
  }),
  command({
    path: ['doctor'],
    aliases: ['status'],
    summary: 'look for what keeps functions from being built, deployed and called',
    details:
      'It looks at Docker, the gateway, the credentials for it, the stack file, the disk and the clock. The daemon adds what it sees of its host; where none answers and it belongs on this machine, the command looks for itself, with the settings of /etc/sampan/sampan.env. It changes nothing, and says of each what to do. The exit status is 1 when something fails; a warning is no failure.',
    arguments: NO_ARGUMENTS,
    flags: DOCTOR_FLAGS,
    load: () => import('../doctor/doctor.ts'),
  }),
  command({
    path: ['login'],
    summary: 'check credentials for a gateway and keep them',
    details: 'They are kept in ~/.openfaas/config.yml, which faas-cli reads, too.',
    examples: [
      'sampan login --password-stdin < password',
      'sampan login -g https://fn.example.com -s < password',
    ],
    arguments: NO_ARGUMENTS,
    flags: LOGIN_FLAGS,
    load: () => import('../access/login.ts'),
  }),
  command({
    path: ['logout'],
    summary: 'forget the credentials for a gateway',
    arguments: NO_ARGUMENTS,
    flags: LOGOUT_FLAGS,
    load: () => import('../access/logout.ts'),
  }),
  ...contextCommands(),
  command({
    path: ['registry-login'],
    summary: 'write credentials for a registry to ./credentials/config.json',
    details: 'Nothing is sent anywhere. Only the owner may read the file.',
    arguments: NO_ARGUMENTS,
    flags: REGISTRY_LOGIN_FLAGS,
    load: () => import('../access/registry-login.ts'),
  }),
  ...rarelyUsed(),
]

function contextCommands(): readonly AnyCommand[] {
  return [
    command({
      path: ['context', 'list'],
      aliases: ['ls'],
      summary: 'list the names of gateways',
      arguments: NO_ARGUMENTS,
      flags: CONTEXT_LIST_FLAGS,
      load: () => import('../access/context-list.ts'),
    }),
    command({
      path: ['context', 'use'],
      summary: 'speak to the gateway of this name from now on',
      details: 'A --gateway, the gateway of a stack file and OPENFAAS_URL win over it.',
      arguments: ONE_CONTEXT,
      flags: {},
      load: () => import('../access/context-use.ts'),
    }),
    command({
      path: ['context', 'add'],
      summary: 'give a gateway a name; the first one is in use at once',
      examples: ['sampan context add pi http://192.168.1.20:8080'],
      arguments: { usage: 'NAME GATEWAY', least: 2, most: 2 },
      flags: CONTEXT_ADD_FLAGS,
      load: () => import('../access/context-add.ts'),
    }),
    command({
      path: ['context', 'remove'],
      aliases: ['rm', 'delete'],
      summary: 'forget the name of a gateway, but not its credentials',
      arguments: ONE_CONTEXT,
      flags: {},
      load: () => import('../access/context-remove.ts'),
    }),
  ]
}

/** Commands that are there for what uses them already. */
function rarelyUsed(): readonly AnyCommand[] {
  return [
    command({
      path: ['print-token'],
      summary: 'show what is in a JSON Web Token, without a look at its signature',
      arguments: { usage: 'FILE', least: 1, most: 1, names: 'file' },
      flags: {},
      load: () => import('../access/print-token.ts'),
      isHidden: true,
    }),
    command({
      path: ['plugin', 'get'],
      summary: 'not supported: fetch a plugin of OpenFaaS Pro',
      arguments: { usage: '[NAME]', least: 0, most: 1 },
      flags: PLUGIN_GET_FLAGS,
      load: async () => (await import('../access/not-supported.ts')).pluginGet,
      isHidden: true,
    }),
    command({
      path: ['chart', 'export'],
      summary: 'not supported: write what Helm would make',
      arguments: { usage: '[NAME]', least: 0, most: 1 },
      flags: CHART_EXPORT_FLAGS,
      load: async () => (await import('../access/not-supported.ts')).chartExport,
      isHidden: true,
    }),
  ]
}
