import { parseFunctionName } from '../../core/functions/function-name.ts'
import type { BodyRefusal, ByteBudget } from '../edge/budgets/byte-budget.ts'
import type { RequestBody } from '../edge/intake/request-body.ts'

/**
 * Why the body of a call cannot wait here; null: it can, and what waits of it counts for its function from now
 * on. `written`: the name of the function, as the caller wrote it.
 */
export function whyFull(written: string, body: RequestBody, waiting: ByteBudget): BodyRefusal | null {
  // Both ways to write its name are one function.
  const fn = parseFunctionName(written) ?? written
  const refusal = waiting.refusal(fn)
  if (refusal === null) body.share.belongTo(fn)
  return refusal
}
