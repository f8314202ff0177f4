import * as v from 'valibot'

/** The answer to a change in place. Not of OpenFaaS. */
export const syncAnswer = v.object({
  /** The replica that has the files now, as log lines name it (`instance`). */
  replica: v.string(),
})
export type SyncAnswer = v.InferOutput<typeof syncAnswer>
