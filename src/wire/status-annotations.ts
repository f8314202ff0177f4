export const STATE_ANNOTATION = 'com.sampan.state'
export const REASON_ANNOTATION = 'com.sampan.reason'
export const LAST_WORDS_ANNOTATION = 'com.sampan.last-words'

/** Annotations that a status may show and a deployment cannot set: a client may send back what it read. */
export const STATUS_ANNOTATIONS: ReadonlySet<string> = new Set([
  STATE_ANNOTATION,
  REASON_ANNOTATION,
  LAST_WORDS_ANNOTATION,
])
