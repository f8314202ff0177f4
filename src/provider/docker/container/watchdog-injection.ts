import { FaasError } from '../../../core/errors.ts'
import { devFolder } from '../../../core/functions/dev-mode.ts'
import type { FunctionSpec } from '../../../core/functions/function-spec.ts'
import { quoted } from '../../../core/quoted.ts'
import { mergedEnvironment } from './merged-environment.ts'

/** The properties of an image that the decision needs. */
export interface ImageCommand {
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly env: readonly string[]
}

export type WatchdogPlan =
  /** The image runs as it is. `watchdog` when it carries one by itself. */
  | { readonly kind: 'untouched'; readonly watchdog: boolean; readonly isPid1: boolean }
  /** Ours is mounted and becomes PID 1; `argv` is its command line. */
  | { readonly kind: 'inject'; readonly argv: readonly string[] }
  /** Ours is mounted over the image's own, at this path. */
  | { readonly kind: 'replace'; readonly path: string; readonly isPid1: boolean }

const WATCHDOG_ANNOTATION = 'com.sampan.watchdog'

/** Where the watchdog lies in images that have one, by convention of all templates. */
export const WATCHDOG_PATH = '/usr/bin/fwatchdog'

/** `fwatchdog`, `of-watchdog`, `watchdog`, each also with the architecture as a suffix: `fwatchdog-arm64`. */
const WATCHDOG_NAME = /^(?:[a-z]+-)?f?watchdog(?:-[a-z0-9]+)?$/

/**
 * Decides how a function gets its watchdog. An image that has one, or that serves HTTP itself, is not
 * changed. An image without one gets ours when the deployment names a process or asks for it by annotation.
 * With `sampan dev` ours replaces any other: only ours starts its process anew.
 * Pure; throws `invalid` when the request cannot be met.
 */
export function planWatchdog(image: ImageCommand, spec: FunctionSpec): WatchdogPlan {
  const command = [...image.entrypoint, ...image.cmd]
  const own = findWatchdog(command)
  const wish = readWish(spec) ?? wishOfDev(spec, own)
  const carries = own !== null || image.env.includes('mode=inproc')
  const isPid1 = own !== null && own === command[0]
  // The process that the watchdog runs; empty means none.
  const process = mergedEnvironment(image, spec).get('fprocess') ?? ''

  if (
    wish !== 'inject' &&
    wish !== 'replace' &&
    command.length === 0 &&
    (wish === 'none' || process === '')
  ) {
    throw new FaasError(
      'invalid',
      'image: it has neither ENTRYPOINT nor CMD, so nothing in it can be started. Give it one, or name a process (fprocess)',
    )
  }
  if (wish === 'none') return { kind: 'untouched', watchdog: carries, isPid1 }
  if (wish === 'replace') return { kind: 'replace', path: replacePath(own), isPid1 }
  if (wish === 'inject') return planInjection({ own, isPid1, command, process })
  if (carries || process === '') return { kind: 'untouched', watchdog: carries, isPid1 }
  return { kind: 'inject', argv: [] }
}

interface Injection {
  readonly own: string | null
  readonly isPid1: boolean
  readonly command: readonly string[]
  readonly process: string
}

function planInjection({ own, isPid1, command, process }: Injection): WatchdogPlan {
  if (process !== '') return { kind: 'inject', argv: [] }
  // A watchdog that runs a watchdog would fight over the port.
  if (own !== null) return { kind: 'replace', path: replacePath(own), isPid1 }
  if (command.length === 0) {
    throw invalid('inject', 'the image has neither entrypoint nor command, and envProcess is empty')
  }
  return { kind: 'inject', argv: ['--', ...command] }
}

function readWish(spec: FunctionSpec): 'inject' | 'replace' | 'none' | null {
  const text = spec.annotations[WATCHDOG_ANNOTATION]
  if (text === undefined || text === '') return null
  if (text === 'inject' || text === 'replace' || text === 'none') return text
  throw invalid(text, 'must be inject, replace or none')
}

function wishOfDev({ annotations }: FunctionSpec, own: string | null): 'replace' | null {
  const isReplaceable = own !== null && (own.startsWith('/') || !own.includes('/'))
  return devFolder(annotations) !== null && isReplaceable ? 'replace' : null
}

/** The first word that names a watchdog, words inside a shell command line included. */
function findWatchdog(command: readonly string[]): string | null {
  for (const word of command) {
    for (const token of word.split(/[\s;&|()"'`=]+/)) {
      const base = token.slice(token.lastIndexOf('/') + 1)
      if (WATCHDOG_NAME.test(base)) return token
    }
  }
  return null
}

function replacePath(own: string | null): string {
  if (own === null) throw invalid('replace', 'the image has no watchdog to replace')
  if (own.startsWith('/')) return own
  if (own.includes('/')) throw invalid('replace', `the path of the image's watchdog is relative: ${own}`)
  return `/usr/bin/${own}`
}

function invalid(value: string, problem: string): FaasError {
  return new FaasError('invalid', `annotations.${WATCHDOG_ANNOTATION}: ${quoted(value)}: ${problem}`)
}
