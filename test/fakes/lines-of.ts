/** Batches, one element at a time. */
export async function* linesOf<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T, void> {
  for await (const batch of batches) yield* batch
}
