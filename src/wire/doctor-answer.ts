import * as v from 'valibot'

/** What one check of the doctor found. Nothing was changed to find it. */
export const doctorFindingAnswer = v.object({
  /** Which one it is: a word, or two with a hyphen. */
  check: v.string(),
  /** `warn`: it works, and may not for long, or not for everything. `bad`: something does not work. */
  state: v.picklist(['ok', 'warn', 'bad']),
  /** What was seen. */
  text: v.string(),
  /** What follows from it; empty when all is well. */
  meaning: v.string(),
  /** The command that mends it, or what to edit; empty when all is well. */
  fix: v.string(),
})

export type DoctorFinding = v.InferOutput<typeof doctorFindingAnswer>

/** `GET /system/doctor`: every check that applies to this host, in a fixed order. */
export const doctorAnswer = v.array(doctorFindingAnswer)
