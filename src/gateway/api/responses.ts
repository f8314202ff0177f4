/** An answer without a body. It has a length of 0, because it would be sent in chunks otherwise. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: { ...headers, 'Content-Length': '0' } })
}

/** 202: the change is stored. */
export function accepted(): Response {
  return empty(202)
}

/** An answer in JSON. */
export function json(value: unknown): Response {
  return jsonText(JSON.stringify(value))
}

/** As `json`, for text that is JSON already. */
export function jsonText(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'application/json' } })
}
