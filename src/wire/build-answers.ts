import * as v from 'valibot'

/** A line of the answer to `POST /build`. */
export const buildStatusAnswer = v.object({
  log: v.pipe(v.array(v.string()), v.readonly()),
  image: v.string(),
  status: v.picklist(['in_progress', 'success', 'failed']),
  error: v.optional(v.string()),
  /** Ours: of the image, with `success`. */
  id: v.optional(v.string()),
})

export type BuildStatusAnswer = v.InferOutput<typeof buildStatusAnswer>

/** The answer to `GET /publickey`. */
export const publicKeyAnswer = v.object({
  key_id: v.string(),
  algorithm: v.string(),
  public_key: v.string(),
})
