import { type ErrorCode, hasCode } from '../../src/core/errors.ts'
import { type FunctionName, functionName } from '../../src/core/functions/function-name.ts'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import type { Provider } from '../../src/core/provider/provider.ts'
import type { Replica } from '../../src/core/provider/replica.ts'
import type { RecordingKeeper } from '../fakes/recording-keeper.ts'

/** A started provider, and what the suite must do behind its back. */
export interface ProviderUnderTest {
  readonly provider: Provider
  /** A new revision, of an image that writes the lines `one` and `two` and passes its probe; a silent one never passes. */
  fn(name: string, kind?: FunctionKind): DeployedFunction
  /** Everything that a replica must show to pass its probe again is shown. */
  answerProbes(name: FunctionName): void
  /** The replica has written its lines. */
  wroteLines(replica: Replica): void
  /** What the provider was given to keep logs. */
  readonly keeper: RecordingKeeper
  /** A second one, for the case that it is stopped. */
  another(): Provider
  end(): Promise<void>
}

export interface FunctionKind {
  readonly replicas?: number
  readonly image?: 'talks' | 'silent' | 'missing'
}

/** What each test of the suite works with. */
export interface Stage {
  readonly subject: ProviderUnderTest
  readonly provider: Provider
  /** Applies the function and waits until all its replicas can be called. */
  readonly deploy: (fn: DeployedFunction) => Promise<FunctionName>
}

export const UNKNOWN = functionName('unknown')

/** Ends a wait that should have ended by itself. */
export const soon = (): AbortSignal => AbortSignal.timeout(20_000)

export function isError(code: ErrorCode): (error: unknown) => boolean {
  return (error) => hasCode(error, code)
}

/** The replicas that can be called now. */
export function ready(provider: Provider, name: FunctionName): readonly Replica[] {
  return provider.replicas(name).filter(({ state }) => state === 'ready')
}
