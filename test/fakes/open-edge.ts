import type { EdgeRules } from '../../src/invoke/headers/edge-rules.ts'

/** A gateway that answers to every name and knows no password. */
export const OPEN_EDGE: EdgeRules = { keepOddNames: false, mayForward: () => true, answersTo: () => true }
