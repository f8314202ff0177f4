import { type AnyCommand, command, NO_ARGUMENTS } from '../args/command.ts'

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
]
