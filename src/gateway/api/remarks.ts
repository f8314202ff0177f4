import type { ApiContext } from '../shared/api-context.ts'

/**
 * `warn-code` for what does not go away by itself (RFC 7234, 5.5; Kubernetes uses it so), and no name of an
 * agent.
 */
const CODE_AND_AGENT = '299 -'

/**
 * Tells the client, in `Warning` headers, and the audit what was taken otherwise than it was asked for: the
 * request succeeds, but not quietly.
 */
export function withRemarks(c: ApiContext, answer: Response, remarks: readonly string[]): Response {
  if (remarks.length === 0) return answer
  c.set('remarks', remarks)
  for (const remark of remarks)
    answer.headers.append('Warning', `${CODE_AND_AGENT} "${quotedString(remark)}"`)
  return answer
}

/** What fits between the quotes of a header (RFC 9110, quoted-string), in ASCII. */
function quotedString(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')
}
