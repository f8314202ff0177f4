import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'
import { ENVSUBST, GATEWAY } from './common-flags.ts'

export const BACKUP_FLAGS = {
  ...GATEWAY,
  ...ENVSUBST,
  'without-secrets': { kind: 'bool', help: 'leave out keys, the password and the values of secrets' },
} as const satisfies FlagSpecs

export const RESTORE_FLAGS = {
  'data-dir': {
    kind: 'string',
    value: 'FOLDER',
    help: 'data folder (SAMPAN_DATA_DIR, here or in /etc/sampan/sampan.env, else /var/lib/sampan)',
  },
  replace: { kind: 'bool', help: 'put what is in the data folder aside, into a folder beside' },
} as const satisfies FlagSpecs

/** What is done on the host of the daemon. */
export const HOST: readonly AnyCommand[] = [
  command({
    path: ['serve'],
    summary: 'run the daemon',
    details:
      'It runs until it is told to stop (SIGTERM, SIGINT). Its settings are environment variables: docs/config.md. Exit status: 0 stopped; 1 a setting, the registry or the data folder has to be corrected; 64 the command line; 70 a failure of its own; 75 an address or the registry is in use, or the disk is full: try again.',
    arguments: NO_ARGUMENTS,
    flags: {},
    load: () => import('../host/serve.ts'),
  }),
  command({
    path: ['backup'],
    summary: 'save everything that the daemon keeps, while it runs',
    details:
      'One tar file, for this user alone: registry, keys, password, asynchronous calls that wait, and a manifest with sums. Not in it: images, logs of functions. With - it goes to standard output.',
    examples: ['sudo sampan backup /root/sampan.tar', 'sampan backup - | age -r KEY > sampan.tar.age'],
    arguments: { usage: 'FILE', least: 1, most: 1, names: 'file' },
    flags: BACKUP_FLAGS,
    load: () => import('../host/backup.ts'),
  }),
  command({
    path: ['restore'],
    summary: 'put a backup into the data folder of a daemon that does not run',
    details:
      'Everything is unpacked beside and checked before anything is replaced. On another host it names the images that functions need and the engine does not have. With - it is read from standard input.',
    examples: [
      'sudo sampan restore /root/sampan.tar --replace',
      'age -d sampan.tar.age | sudo sampan restore -',
    ],
    arguments: { usage: 'FILE', least: 1, most: 1, names: 'file' },
    flags: RESTORE_FLAGS,
    load: () => import('../host/restore.ts'),
  }),
]
