import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { ENVSUBST, GATEWAY, NAMESPACE } from './common-flags.ts'
import { DEPLOYING, WAITING } from './deploy.ts'

export const EXPORT_FLAGS = {
  ...GATEWAY,
  ...NAMESPACE,
  'all-namespaces': { kind: 'bool', help: 'of every namespace' },
  output: { short: 'o', kind: 'string', value: 'FILE', help: 'file to write (standard output)' },
} as const satisfies FlagSpecs

export const IMPORT_FLAGS = {
  ...GATEWAY,
  namespace: { ...NAMESPACE.namespace, help: 'namespace for all of them, whatever the file says' },
  ...ENVSUBST,
  'dry-run': { kind: 'bool', help: 'check, show what would be done, and do nothing' },
  timeout: DEPLOYING.timeout,
  ...WAITING,
} as const satisfies FlagSpecs

export const TRANSFER: readonly AnyCommand[] = [
  command({
    path: ['export'],
    summary: 'write what the gateway runs as a stack file',
    details:
      'Functions with everything that was deployed of them; secrets by name only. What it wrote is deployed with import, deploy or faas-cli. The file names no gateway.',
    examples: [
      'sampan export > functions.yaml',
      'sampan export --all-namespaces --output functions.yaml',
      'sampan export -g http://old:8080 | sampan import -g http://new:8080',
    ],
    arguments: NO_ARGUMENTS,
    flags: EXPORT_FLAGS,
    load: () => import('../transfer/export.ts'),
  }),
  command({
    path: ['import'],
    summary: 'deploy what was exported, where it differs from what runs',
    details:
      'Everything is checked before anything is done: the file, and whether its secrets are there. Namespaces are made. With -, or without a file, it is read from standard input.',
    examples: ['sampan import functions.yaml --dry-run', 'sampan import functions.yaml -n staging'],
    arguments: { usage: '[FILE]', least: 0, most: 1, names: 'file' },
    flags: IMPORT_FLAGS,
    load: () => import('../transfer/import.ts'),
  }),
]
