import { command, type ArgumentSpec, type FlagSpecs, NO_ARGUMENTS, type AnyCommand } from '../args/command.ts'
import { ENVSUBST, GATEWAY, NAMESPACE, TAG } from './common-flags.ts'
import { DEPLOYING } from './deploy.ts'

/** One name at most: further words are refused. */
const ONE_FUNCTION: ArgumentSpec = { usage: '[NAME]', least: 0, most: 1, names: 'function' }

const PARALLEL = {
  parallel: { kind: 'int', default: 1, value: 'N', help: 'how many functions at a time' },
} as const satisfies FlagSpecs

const IN_FLAGS = {
  image: { kind: 'string', value: 'IMAGE', help: 'image to make, without a stack file' },
  handler: { kind: 'string', value: 'FOLDER', help: 'folder of the handler' },
  name: { kind: 'string', value: 'NAME', help: 'name of the function' },
  lang: { kind: 'string', value: 'TEMPLATE', help: 'template, or dockerfile' },
} as const satisfies FlagSpecs

const REMOTE = {
  'remote-builder': { kind: 'string', value: 'URL', help: 'build there (OPENFAAS_REMOTE_BUILDER)' },
  'payload-secret': { kind: 'string', value: 'FILE', help: 'key to sign with (OPENFAAS_PAYLOAD_SECRET)' },
  'builder-public-key': {
    kind: 'string',
    value: 'KEY',
    help: 'key that secrets are sealed for, or its file (OPENFAAS_BUILDER_PUBLIC_KEY)',
  },
} as const satisfies FlagSpecs

const MAKING = {
  'no-cache': { kind: 'bool', help: 'build without what was built before' },
  squash: { kind: 'bool', help: 'have Docker squash the layers' },
  shrinkwrap: { kind: 'bool', help: 'write the build context to ./build and stop' },
  'build-arg': { short: 'b', kind: 'list', value: 'K=V', help: 'build argument; wins over the stack file' },
  'build-option': { short: 'o', kind: 'list', value: 'NAME', help: 'named packages of the template' },
  'build-label': { kind: 'list', value: 'K=V', help: 'label of the image' },
  'copy-extra': { kind: 'list', value: 'PATH', help: 'further path to copy beside the handler' },
  'disable-stack-pull': { kind: 'bool', help: 'do not look where the stack file says templates are' },
  pull: { kind: 'bool', help: 'have Docker ask for newer base images' },
  debug: { kind: 'bool', help: 'keep what was cloned, and say where it is' },
  overwrite: { kind: 'bool', default: true, help: 'write over templates when they are fetched' },
  offline: { kind: 'bool', help: 'do not use the network for templates (SAMPAN_OFFLINE)' },
  quiet: { kind: 'bool', help: 'do not show what Docker says' },
} as const satisfies FlagSpecs

export const BUILD_FLAGS = {
  ...IN_FLAGS,
  ...MAKING,
  ...TAG,
  ...PARALLEL,
  ...ENVSUBST,
  ...REMOTE,
} as const satisfies FlagSpecs

export const PUSH_FLAGS = {
  ...TAG,
  ...PARALLEL,
  ...ENVSUBST,
  quiet: { kind: 'bool', help: 'do not show what Docker says' },
} as const satisfies FlagSpecs

export const PUBLISH_FLAGS = {
  ...BUILD_FLAGS,
  platforms: {
    kind: 'string',
    default: 'linux/amd64',
    value: 'LIST',
    help: 'platforms to build for; the stack file may say it for each function',
  },
  'extra-tag': { kind: 'list', value: 'TAG', help: 'further tag of the image' },
  'reset-qemu': { kind: 'bool', help: 'install emulators for other platforms first' },
} as const satisfies FlagSpecs

export const UP_FLAGS = {
  ...PUBLISH_FLAGS,
  ...GATEWAY,
  ...NAMESPACE,
  publish: { kind: 'bool', help: 'build for other platforms and push, by docker buildx' },
  local: { kind: 'bool', help: 'build with the Docker of this machine and push, as faas-cli does' },
  'skip-push': { kind: 'bool', help: 'do not push; the Docker of this machine is that of the host' },
  'skip-deploy': { kind: 'bool', help: 'stop when the images are there' },
  'dry-run': { kind: 'bool', help: 'show commands and requests, and neither build, push nor deploy' },
  ...DEPLOYING,
  watch: { kind: 'bool', help: 'go on: build and deploy again what a change concerns' },
  // Taken, as by faas-cli, where a stack file says these.
  fprocess: { kind: 'string', isHidden: true, help: 'no effect with a stack file' },
  'cpu-request': { kind: 'string', isHidden: true, help: 'no effect with a stack file' },
  'cpu-limit': { kind: 'string', isHidden: true, help: 'no effect with a stack file' },
  'memory-request': { kind: 'string', isHidden: true, help: 'no effect with a stack file' },
  'memory-limit': { kind: 'string', isHidden: true, help: 'no effect with a stack file' },
} as const satisfies FlagSpecs

export const LOCAL_RUN_FLAGS = {
  ...BUILD_FLAGS,
  print: { kind: 'bool', help: 'show the command and run nothing' },
  build: { kind: 'bool', default: true, help: 'build the image first' },
  port: { short: 'p', kind: 'int', default: 8080, value: 'PORT', help: 'port of this machine; 0: any' },
  network: { kind: 'string', value: 'NAME', help: "Docker's network" },
  env: { short: 'e', kind: 'list', value: 'K=V', help: 'environment variable' },
  watch: { kind: 'bool', isHidden: true, help: 'taken, and refused' },
} as const satisfies FlagSpecs

export const BUILD: readonly AnyCommand[] = [
  command({
    path: ['build'],
    summary: 'build images with the Docker of this machine',
    arguments: NO_ARGUMENTS,
    flags: BUILD_FLAGS,
    load: () => import('../build/build.ts'),
  }),
  command({
    path: ['push'],
    summary: 'push images to their registries',
    arguments: NO_ARGUMENTS,
    flags: PUSH_FLAGS,
    load: () => import('../build/push.ts'),
  }),
  command({
    path: ['publish'],
    summary: 'build images for several platforms and push them',
    arguments: NO_ARGUMENTS,
    flags: PUBLISH_FLAGS,
    load: () => import('../build/publish.ts'),
  }),
  command({
    path: ['up'],
    summary: 'build and deploy functions',
    details:
      'The source goes to the host of the gateway, is built there, and is deployed by the id of its image: nothing is pushed. ' +
      'With --local, --publish or --skip-push, or where the gateway builds nothing, the Docker of this machine builds, and what has a registry is pushed.',
    arguments: NO_ARGUMENTS,
    flags: UP_FLAGS,
    load: () => import('../build/up.ts'),
  }),
  command({
    path: ['local-run'],
    summary: 'run one function with the Docker of this machine, without a gateway',
    arguments: ONE_FUNCTION,
    flags: LOCAL_RUN_FLAGS,
    load: () => import('../build/local-run.ts'),
  }),
]
