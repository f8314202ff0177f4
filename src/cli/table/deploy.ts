import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { ENVSUBST, GATEWAY, NAMESPACE, TAG } from './common-flags.ts'

/** Of all that deploys. */
export const WAITING = {
  wait: { kind: 'bool', help: 'wait until it takes calls: so at a terminal, and with this gateway' },
  'no-wait': { kind: 'bool', help: 'do not wait until it takes calls' },
  'wait-timeout': {
    kind: 'duration',
    default: 120_000,
    value: 'TIME',
    help: 'how long to wait for all of them',
  },
} as const satisfies FlagSpecs

/** Of `deploy` and of `up`. */
export const DEPLOYING = {
  env: {
    short: 'e',
    kind: 'list',
    value: 'NAME=VALUE',
    help: 'environment variable; wins over the stack file',
  },
  'environment-file': {
    kind: 'list',
    value: 'FILE',
    help: 'file with more of them: YAML with a key environment, or lines NAME=VALUE',
  },
  label: { short: 'l', kind: 'list', value: 'NAME=VALUE', help: 'label; wins over the stack file' },
  annotation: { kind: 'list', value: 'NAME=VALUE', help: 'annotation; wins over the stack file' },
  secret: { kind: 'list', value: 'NAME', help: 'secret that it gets, with those of the stack file' },
  constraint: { kind: 'list', value: 'TEXT', help: 'where it may run, unless the stack file says it' },
  readonly: { kind: 'bool', help: 'only /tmp can be written' },
  update: { kind: 'bool', default: true, help: 'update the function where there is one' },
  replace: { kind: 'bool', help: 'remove the function first; with --update=false' },
  'read-template': {
    kind: 'bool',
    default: true,
    help: 'take fprocess from ./template, unless the stack file says it',
  },
  timeout: {
    kind: 'duration',
    default: 60_000,
    value: 'TIME',
    help: 'longest wait for an answer of the gateway',
  },
  ...WAITING,
  network: { kind: 'string', help: 'taken for compatibility', isHidden: true },
} as const satisfies FlagSpecs

export const DEPLOY_FLAGS = {
  ...GATEWAY,
  ...NAMESPACE,
  ...ENVSUBST,
  image: { kind: 'string', value: 'IMAGE', help: 'image to deploy, without a stack file' },
  name: { kind: 'string', value: 'NAME', help: 'name of its function' },
  fprocess: { kind: 'string', value: 'COMMAND', help: 'what the watchdog starts, with --image' },
  'cpu-limit': { kind: 'string', value: 'CPUS', help: 'most processor time, e.g. 500m, with --image' },
  'cpu-request': { kind: 'string', value: 'CPUS', help: 'processor time to reserve, with --image' },
  'memory-limit': { kind: 'string', value: 'SIZE', help: 'most memory, e.g. 128Mi, with --image' },
  'memory-request': { kind: 'string', value: 'SIZE', help: 'memory to reserve, with --image' },
  handler: { kind: 'string', help: 'taken for compatibility', isHidden: true },
  lang: { kind: 'string', help: 'taken for compatibility', isHidden: true },
  ...DEPLOYING,
  ...TAG,
  'dry-run': { kind: 'bool', help: 'show what would be sent, and send nothing' },
} as const satisfies FlagSpecs

export const GENERATE_FLAGS = {
  ...ENVSUBST,
  api: {
    kind: 'string',
    default: 'openfaas.com/v1',
    value: 'VERSION',
    help: 'openfaas.com/v1 or serving.knative.dev/v1',
  },
  namespace: {
    short: 'n',
    kind: 'string',
    default: 'openfaas-fn',
    value: 'NAME',
    help: 'namespace in the documents',
  },
  ...TAG,
  'from-store': { kind: 'string', value: 'NAME', help: 'a function of the store instead of a stack file' },
  name: { kind: 'string', value: 'NAME', help: 'another name for it' },
  arch: { kind: 'string', default: 'x86_64', value: 'NAME', help: 'platform of its image' },
  annotation: { kind: 'list', value: 'NAME=VALUE', help: 'annotation for it' },
  label: { short: 'l', kind: 'list', value: 'NAME=VALUE', help: 'label for it' },
} as const satisfies FlagSpecs

export const DIFF_FLAGS = {
  ...GATEWAY,
  ...NAMESPACE,
  ...ENVSUBST,
  ...TAG,
  env: {
    kind: 'string',
    default: 'local',
    oneOf: ['local', 'remote', 'all'],
    value: 'SIDE',
    help: 'variables to compare: those of the stack file (local), those deployed (remote) or all',
  },
} as const satisfies FlagSpecs

export const VALIDATE_FLAGS = { ...ENVSUBST } as const satisfies FlagSpecs

export const DEPLOY: readonly AnyCommand[] = [
  command({
    path: ['deploy'],
    summary: 'deploy functions from their images',
    details:
      'Those of the stack file, or the one of --image and --name. It waits until they take calls and says what keeps them; the exit status is 1 if one does not.',
    examples: [
      'sampan deploy',
      'sampan deploy --filter "api-*" --no-wait',
      'sampan deploy --image me/fn:0.1 --name fn',
    ],
    arguments: NO_ARGUMENTS,
    flags: DEPLOY_FLAGS,
    load: () => import('../deploy/deploy.ts'),
  }),
  command({
    path: ['diff'],
    summary: 'show where what is deployed differs from the stack file',
    details: 'The exit status is 1 if there is a difference. Nothing is changed.',
    arguments: NO_ARGUMENTS,
    flags: DIFF_FLAGS,
    load: () => import('../deploy/diff.ts'),
  }),
  command({
    path: ['generate'],
    summary: 'write the functions as documents for Kubernetes',
    examples: ['sampan generate | kubectl apply -f -'],
    arguments: NO_ARGUMENTS,
    flags: GENERATE_FLAGS,
    load: () => import('../deploy/generate.ts'),
  }),
  command({
    path: ['schema'],
    summary: 'print the JSON Schema of stack files, for editors',
    details:
      'Editors with the YAML language server use it where the first line of a stack file is: # yaml-language-server: $schema=FILE',
    examples: ['sampan schema > .stack.schema.json'],
    arguments: NO_ARGUMENTS,
    flags: {},
    load: () => import('../stack/schema.ts'),
  }),
  command({
    path: ['validate'],
    summary: 'look for mistakes in the stack file',
    details: 'The exit status is 1 for an error; a warning is none. No gateway is asked.',
    arguments: NO_ARGUMENTS,
    flags: VALIDATE_FLAGS,
    load: () => import('../deploy/validate.ts'),
  }),
]
