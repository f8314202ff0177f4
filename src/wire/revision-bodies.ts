import * as v from 'valibot'

// The bodies about revisions of a function. Not of OpenFaaS.

const text = v.string()
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

export const revisionAnswer = v.object({
  revision: count,
  image: text,
  createdAt: text,
  state: v.picklist(['serving', 'newest', 'good', 'failed', 'unproved']),
  wasReady: v.boolean(),
  reason: v.exactOptional(text),
  /** Absent where the revision before it is not kept, or there is none. */
  changed: v.exactOptional(v.pipe(v.array(text), v.readonly())),
  /** True for one that somebody worked on with `sampan dev`. */
  dev: v.exactOptional(v.boolean()),
})
export type RevisionAnswer = v.InferOutput<typeof revisionAnswer>

export const revisionsAnswer = v.array(revisionAnswer)

const NUMBER = 'must be the number of a revision, a whole number from 1'

export const rollbackRequest = v.object({
  revision: v.nullish(
    v.pipe(
      v.number(NUMBER),
      v.integer(NUMBER),
      v.minValue(1, NUMBER),
      v.maxValue(Number.MAX_SAFE_INTEGER, NUMBER),
    ),
  ),
  namespace: v.nullish(v.string('must be a string'), ''),
})
