import type { Readable } from 'node:stream'
import { FaasError } from '../../../core/errors.ts'
import { jsonLines } from './json-lines.ts'

/**
 * Reads a pull to its end. Throws `bad-gateway` with the engine's own words when it fails: the engine answers
 * 200 first and reports a later failure in the stream (Engine API, ImageCreate).
 */
export async function followPull(stream: Readable, onProgress?: () => void): Promise<void> {
  for await (const line of jsonLines(stream)) {
    onProgress?.()
    if (typeof line === 'object' && line !== null && 'error' in line) {
      throw new FaasError('bad-gateway', String(line.error))
    }
  }
}
