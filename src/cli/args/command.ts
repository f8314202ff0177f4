import type { Session } from '../session.ts'

/** What values a flag takes. `count` and the like do not exist in faas-cli. */
export type FlagKind = 'string' | 'bool' | 'int' | 'duration' | 'list'

export interface FlagSpec {
  /** One character; typed with one dash. */
  readonly short?: string
  readonly kind: FlagKind
  /** When it is not given. Without it: empty, false, 0 or no value. Durations in milliseconds. */
  readonly default?: string | number | boolean
  /** Stands for the value in the help, e.g. `URL`. */
  readonly value?: string
  readonly help: string
  /** The only values that are taken. */
  readonly oneOf?: readonly string[]
  /** Taken for compatibility, or for few: not in the help. */
  readonly isHidden?: boolean
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>

type ValueOf<S extends FlagSpec> = S['kind'] extends 'bool'
  ? boolean
  : S['kind'] extends 'list'
    ? readonly string[]
    : S['kind'] extends 'string'
      ? string
      : number

export type FlagValues<F extends FlagSpecs> = { readonly [N in keyof F]: ValueOf<F[N]> }

/** Of the flags that every command has. */
export interface GlobalValues {
  readonly yaml: string
  readonly regex: string
  readonly filter: string
}

export interface ArgumentSpec {
  /** As the usage line shows it, e.g. `NAME` or `[NAME…]`. */
  readonly usage: string
  readonly least: number
  /** More than these are refused. */
  readonly most: number
  /** What it names, for completion. */
  readonly names?:
    | 'function'
    | 'secret'
    | 'namespace'
    | 'template'
    | 'store-function'
    | 'context'
    | 'queue'
    | 'file'
}

/** What a handler gets. */
export interface Invocation<F extends FlagSpecs = FlagSpecs> {
  readonly args: readonly string[]
  readonly flags: FlagValues<F> & GlobalValues
  /** Whether the command line has the flag: a default may have to yield where a given value may not. */
  readonly isGiven: (name: (keyof F | keyof GlobalValues) & string) => boolean
  readonly session: Session
}

/** Resolves to the exit status; nothing is 0. Rejects with `CliError` for what the user can mend. */
export type Handler<F extends FlagSpecs = FlagSpecs> = (invocation: Invocation<F>) => Promise<number | void>

/**
 * A command as data: help, completion and docs/cli.md are made of it. The handler is in a file of its own, which is
 * loaded when the command runs.
 */
export interface Command<F extends FlagSpecs = FlagSpecs> {
  /** E.g. `['secret', 'create']`. */
  readonly path: readonly string[]
  /** Other last words of the path. */
  readonly aliases?: readonly string[]
  /** One line without a full stop. */
  readonly summary: string
  readonly details?: string
  readonly examples?: readonly string[]
  readonly arguments: ArgumentSpec
  readonly flags: F
  readonly load: () => Promise<{ readonly run: Handler<F> }>
  readonly isHidden?: boolean
}

export const NO_ARGUMENTS: ArgumentSpec = { usage: '', least: 0, most: 0 }

/** Declares a command; the handler's flags have the types that are declared here. */
export function command<const F extends FlagSpecs>(given: Command<F>): Command<F> {
  return given
}

/** Any command, for what treats them alike. Its handler is run with the flags that its own table declares. */
export type AnyCommand = Omit<Command, 'load'> & {
  readonly load: () => Promise<{ readonly run: (invocation: never) => Promise<number | void> }>
}
