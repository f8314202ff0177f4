import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { GATEWAY, NAMESPACE, OFFLINE, OUTPUT } from './common-flags.ts'
import { WAITING } from './deploy.ts'

/** Of Node, in the words of the store. */
const PLATFORMS: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'arm64', arm: 'armhf' }

const STORE = {
  url: {
    short: 'u',
    kind: 'string',
    value: 'URL',
    help: 'store to use instead of the usual one and of what comes with this program (OPENFAAS_STORE)',
  },
  platform: {
    short: 'p',
    kind: 'string',
    default: PLATFORMS[process.arch] ?? 'x86_64',
    value: 'NAME',
    help: 'platform of the images: x86_64, arm64 or armhf',
  },
  ...OFFLINE,
} as const satisfies FlagSpecs

export const STORE_LIST_FLAGS = {
  ...STORE,
  verbose: { short: 'v', kind: 'bool', help: 'whole titles' },
  ...OUTPUT,
} as const satisfies FlagSpecs

export const STORE_DESCRIBE_FLAGS = { ...STORE, ...OUTPUT } as const satisfies FlagSpecs

export const STORE_DEPLOY_FLAGS = {
  ...STORE,
  ...GATEWAY,
  ...NAMESPACE,
  name: { kind: 'string', value: 'NAME', help: 'name of the function (that of the store)' },
  env: { short: 'e', kind: 'list', value: 'NAME=VALUE', help: 'environment variable' },
  label: { short: 'l', kind: 'list', value: 'NAME=VALUE', help: 'label' },
  annotation: { kind: 'list', value: 'NAME=VALUE', help: 'annotation' },
  replace: { kind: 'bool', help: 'remove the function of this name first' },
  update: { kind: 'bool', default: true, help: 'update the function of this name' },
  constraint: { kind: 'list', value: 'TEXT', help: 'where it may run' },
  secret: { kind: 'list', value: 'NAME', help: 'secret that it gets' },
  timeout: { kind: 'duration', default: 60_000, value: 'TIME', help: 'longest wait for the gateway' },
  ...WAITING,
  'cpu-limit': { kind: 'string', value: 'CPUS', help: 'most processor time, e.g. 500m' },
  'cpu-request': { kind: 'string', value: 'CPUS', help: 'processor time to reserve' },
  'memory-limit': { kind: 'string', value: 'SIZE', help: 'most memory, e.g. 128Mi' },
  'memory-request': { kind: 'string', value: 'SIZE', help: 'memory to reserve' },
  'build-arg': {
    short: 'b',
    kind: 'list',
    value: 'NAME=VALUE',
    help: 'for functions that are built here, such as BASE_IMAGE=…',
  },
} as const satisfies FlagSpecs

export const STORE_COMMANDS: readonly AnyCommand[] = [
  command({
    path: ['store', 'list'],
    aliases: ['ls'],
    summary: 'list functions that can be deployed as they are',
    arguments: NO_ARGUMENTS,
    flags: STORE_LIST_FLAGS,
    load: () => import('../store/list.ts'),
  }),
  command({
    path: ['store', 'describe'],
    aliases: ['inspect'],
    summary: 'show what the store says about a function',
    arguments: { usage: 'NAME', least: 1, most: 1, names: 'store-function' },
    flags: STORE_DESCRIBE_FLAGS,
    load: () => import('../store/describe.ts'),
  }),
  command({
    path: ['store', 'deploy'],
    summary: 'deploy a function of the store',
    details:
      'Those of this program are built from source by the Docker engine of this machine first; the others are pulled by the gateway.',
    examples: ['sampan store deploy figlet', 'sampan store deploy echo --name mirror'],
    arguments: { usage: 'NAME', least: 1, most: 1, names: 'store-function' },
    flags: STORE_DEPLOY_FLAGS,
    load: () => import('../store/deploy.ts'),
  }),
]
