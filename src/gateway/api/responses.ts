/** An answer without a body; with a length, or it would be sent in chunks. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: { ...headers, 'Content-Length': '0' } })
}

/** Accepted: what was asked for is stored. */
export function accepted(): Response {
  return empty(202)
}

/** An answer in JSON. */
export function json(value: unknown): Response {
  return jsonText(JSON.stringify(value))
}

/** The same for what is JSON already. */
export function jsonText(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'application/json' } })
}
