import { type AnyCommand, command, type FlagSpecs } from '../args/command.ts'
import { BUILD_FLAGS } from './build.ts'
import { GATEWAY, NAMESPACE } from './common-flags.ts'
import { DEPLOYING } from './deploy.ts'

/** Taken as those of `up` are, and of no use to somebody who works on a function of a stack file. */
function hidden<F extends FlagSpecs>(specs: F): F {
  return Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, { ...spec, isHidden: true }]),
  ) as F
}

export const DEV_FLAGS = {
  ...hidden(BUILD_FLAGS),
  ...hidden(DEPLOYING),
  ...GATEWAY,
  ...NAMESPACE,
  keep: { kind: 'bool', help: 'at the end deploy what is here, instead of what was there before' },
  envsubst: BUILD_FLAGS.envsubst,
  'build-arg': BUILD_FLAGS['build-arg'],
  'build-option': BUILD_FLAGS['build-option'],
  'copy-extra': BUILD_FLAGS['copy-extra'],
  offline: BUILD_FLAGS.offline,
  env: DEPLOYING.env,
  'environment-file': DEPLOYING['environment-file'],
  label: DEPLOYING.label,
  annotation: DEPLOYING.annotation,
  secret: DEPLOYING.secret,
  'wait-timeout': DEPLOYING['wait-timeout'],
} as const satisfies FlagSpecs

export const DEV: readonly AnyCommand[] = [
  command({
    path: ['dev'],
    summary: 'work on functions: each edit runs at once, with logs and calls in one screen',
    details:
      'Builds and deploys the functions of the stack file, or those that are named. An edit of a handler that is interpreted goes into the running container, anything else is built again. ' +
      'A failure ends nothing: the next edit tries again. At the end, which is Ctrl-C, what was deployed before is put back.',
    examples: ['sampan dev', 'sampan dev hello', 'sampan dev --keep'],
    arguments: { usage: '[NAME…]', least: 0, most: Infinity, names: 'function' },
    flags: DEV_FLAGS,
    load: () => import('../dev/dev.ts'),
  }),
]
