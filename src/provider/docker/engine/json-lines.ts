import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { EngineAway, translateEngineError } from './errors.ts'

/** Events are below 10 KB. The limit keeps a peer that never ends its line from filling our memory. */
const LONGEST_LINE = 4 * 1024 * 1024

/**
 * The JSON objects of a stream, one a line. Throws `EngineAway` when the stream breaks off. Destroys the
 * stream when it ends.
 */
export async function* jsonLines(stream: Readable): AsyncIterable<unknown> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      rest += decoder.write(chunk)
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      if (rest.length > LONGEST_LINE) throw new EngineAway('it sent a line without an end')
      for (const line of lines) {
        if (line.trim() !== '') yield JSON.parse(line) as unknown
      }
    }
  } catch (error) {
    throw translateEngineError(error, 'send its answer')
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as unknown
}
