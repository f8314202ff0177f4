/** A piece of a list is sent when it has this many characters. */
const PIECE = 256 * 1024

/**
 * An array in JSON. A small one is sent whole, with its length. A large one is sent in pieces, each built
 * after the last one has left, so that a long list does not block other requests.
 */
export function jsonList<T>(items: readonly T[], toJson: (item: T) => unknown): Response {
  const pieces = piecesOf(items, toJson)
  const first = pieces.next()
  const second = pieces.next()
  const headers = { 'Content-Type': 'application/json' }
  if (second.done === true) return new Response(first.value ?? '', { headers })

  const waiting = [first.value ?? '', second.value]
  const encoder = new TextEncoder()
  const body = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const piece = waiting.shift() ?? pieces.next().value
        if (piece === undefined) controller.close()
        else controller.enqueue(encoder.encode(piece))
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(body, { headers })
}

function* piecesOf<T>(items: readonly T[], toJson: (item: T) => unknown): Generator<string, undefined> {
  let piece = '['
  for (const [at, item] of items.entries()) {
    piece += `${at === 0 ? '' : ','}${JSON.stringify(toJson(item))}`
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  yield `${piece}]`
  return undefined
}
