import type { ApiContext } from '../../shared/api-context.ts'

/** The `warn-code` for persistent warnings (RFC 7234, 5.5; Kubernetes uses it too), and no agent name. */
const CODE_AND_AGENT = '299 -'

/**
 * Reports what was carried out differently from the request, in `Warning` headers to the client and in the
 * audit line. The request itself succeeds.
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
