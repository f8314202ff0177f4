import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { GATEWAY, OFFLINE, OUTPUT } from './common-flags.ts'

export const NEW_FLAGS = {
  lang: {
    kind: 'string',
    value: 'TEMPLATE',
    help: 'template of the function, such as node or python; NAME@TAG for a version of one',
  },
  list: { kind: 'bool', help: 'show the templates that need no network' },
  append: { short: 'a', kind: 'string', value: 'FILE', help: 'add the function to this stack file' },
  handler: {
    kind: 'string',
    value: 'FOLDER',
    help: 'folder to make for the handler (the name of the function)',
  },
  prefix: {
    short: 'p',
    kind: 'string',
    value: 'PREFIX',
    help: 'of the image, such as a registry and an owner (OPENFAAS_PREFIX)',
  },
  gateway: { ...GATEWAY.gateway, help: 'gateway to write into the stack file' },
  'memory-limit': { kind: 'string', value: 'SIZE', help: 'most memory, e.g. 128Mi' },
  'cpu-limit': { kind: 'string', value: 'CPUS', help: 'most processor time, e.g. 500m' },
  'memory-request': { kind: 'string', value: 'SIZE', help: 'memory to reserve' },
  'cpu-request': { kind: 'string', value: 'CPUS', help: 'processor time to reserve' },
  quiet: { short: 'q', kind: 'bool', help: "leave the template's notes out" },
  ...OFFLINE,
  // A global flag, which this handler reads.
  yaml: { short: 'f', kind: 'string', value: 'FILE', help: 'stack file to make (default stack.yaml)' },
} as const satisfies FlagSpecs

export const PULL_FLAGS = {
  overwrite: { kind: 'bool', default: true, help: 'write over templates that are there' },
  debug: { kind: 'bool', help: 'keep the clone and say where it is' },
  ...OFFLINE,
  yaml: {
    short: 'f',
    kind: 'string',
    value: 'FILE',
    help: 'stack file (stack.yaml or stack.yml when it is here)',
  },
} as const satisfies FlagSpecs

const STORE_URL = {
  url: {
    short: 'u',
    kind: 'string',
    value: 'URL',
    help: 'list of templates to use instead of the usual one (OPENFAAS_TEMPLATE_STORE_URL)',
  },
} as const satisfies FlagSpecs

/** `-o` is taken by a flag of faas-cli here, and OUTPUT has no short form. */
export const TEMPLATE_LIST_FLAGS = {
  ...STORE_URL,
  verbose: { short: 'v', kind: 'bool', help: 'more columns' },
  platform: {
    short: 'p',
    kind: 'string',
    default: 'x86_64',
    value: 'NAME',
    help: 'platform that templates are for',
  },
  recommended: { short: 'r', kind: 'bool', help: 'recommended ones only' },
  official: { short: 'o', kind: 'bool', help: 'official ones only' },
  ...OUTPUT,
  ...OFFLINE,
} as const satisfies FlagSpecs

export const TEMPLATE_DESCRIBE_FLAGS = { ...STORE_URL, ...OUTPUT, ...OFFLINE } as const satisfies FlagSpecs

export const TEMPLATE_STORE_PULL_FLAGS = {
  ...STORE_URL,
  overwrite: PULL_FLAGS.overwrite,
  debug: PULL_FLAGS.debug,
  ...OFFLINE,
} as const satisfies FlagSpecs

export const BUNDLE_FLAGS = {
  output: {
    kind: 'string',
    default: 'sampan-templates',
    value: 'FOLDER',
    help: 'folder to make',
  },
  platform: {
    kind: 'string',
    value: 'PLATFORM',
    help: 'of the watchdog in it, e.g. linux/arm64 (that of this machine)',
  },
} as const satisfies FlagSpecs

export const TEMPLATES: readonly AnyCommand[] = [
  command({
    path: ['new'],
    summary: 'make a function from a template',
    details:
      'Makes a folder with a sample handler, and a stack file that names it. The template is taken from ./template, from this program, or from the store.',
    examples: ['sampan new hello --lang node', 'sampan new bye --lang python --append stack.yaml'],
    arguments: { usage: '[NAME]', least: 0, most: 1 },
    flags: NEW_FLAGS,
    load: () => import('../templates/new.ts'),
  }),
  command({
    path: ['template', 'pull', 'stack'],
    summary: 'fetch the templates that the stack file names',
    arguments: NO_ARGUMENTS,
    flags: PULL_FLAGS,
    load: () => import('../templates/pull-stack.ts'),
  }),
  command({
    path: ['template', 'pull'],
    summary: 'fetch all templates of a git repository',
    details: 'They are copied to ./template. A path does as well as an address; #TAG chooses a version.',
    examples: [
      'sampan template pull https://github.com/openfaas/templates.git#1.9.0',
      'sampan template pull ../templates',
    ],
    arguments: { usage: '[URL[#REF]]', least: 0, most: 1 },
    flags: PULL_FLAGS,
    load: () => import('../templates/pull-command.ts'),
  }),
  command({
    path: ['template', 'store', 'list'],
    aliases: ['ls'],
    summary: 'list templates that can be had',
    arguments: NO_ARGUMENTS,
    flags: TEMPLATE_LIST_FLAGS,
    load: () => import('../templates/store-list.ts'),
  }),
  command({
    path: ['template', 'store', 'describe'],
    summary: 'show what a store says about a template',
    arguments: { usage: 'NAME', least: 1, most: 1, names: 'template' },
    flags: TEMPLATE_DESCRIBE_FLAGS,
    load: () => import('../templates/store-describe.ts'),
  }),
  command({
    path: ['template', 'store', 'pull'],
    summary: 'fetch the repository of a template',
    arguments: { usage: 'NAME[@REF]', least: 1, most: 1, names: 'template' },
    flags: TEMPLATE_STORE_PULL_FLAGS,
    load: () => import('../templates/store-pull.ts'),
  }),
  command({
    path: ['template', 'bundle'],
    summary: 'write templates as a git repository, for machines without a network',
    arguments: { usage: '[NAME…]', least: 0, most: 1_000, names: 'template' },
    flags: BUNDLE_FLAGS,
    load: () => import('../templates/bundle.ts'),
  }),
]
