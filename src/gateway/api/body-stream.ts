/**
 * The body of an answer that is made piece by piece. Nothing is fetched before the client asks, so a slow one takes no
 * memory. `onEnd`: the source has ended, or the client wants no more.
 */
export function bodyStream<T>(
  source: AsyncIterable<T>,
  { bytesOf, onEnd }: { readonly bytesOf: (piece: T) => Uint8Array; readonly onEnd?: () => void },
): ReadableStream<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const { done, value } = await pieces.next()
        if (done !== true) return controller.enqueue(bytesOf(value))
        controller.close()
        onEnd?.()
      },
      cancel: async () => {
        // First: a source that waits for something ends by that.
        onEnd?.()
        await pieces.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}
