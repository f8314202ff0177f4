import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** Sends `bytes` to `url` without announcing how many, and checks that all of them arrived. */
export async function upload(url: string, bytes: number): Promise<void> {
  const answer = new Promise<string>((done, broke) => {
    const call = request(url, { method: 'POST' }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => done(text))
    })
    call.on('error', broke)
    pipeline(Readable.from(blocks(bytes)), call).catch(broke)
  })
  const seen = JSON.parse(await answer) as { bytes: number }
  if (seen.bytes !== bytes) throw new Error(`the function read ${seen.bytes} of ${bytes} bytes`)
}

/** Reads the body of `url` to its end and checks its length. */
export async function download(url: string, bytes: number): Promise<void> {
  const response = await fetch(url)
  let seen = 0
  for await (const part of response.body ?? []) seen += (part as Uint8Array).byteLength
  if (seen !== bytes) throw new Error(`${seen} of ${bytes} bytes arrived`)
}

/** Milliseconds between the writing of each event and its arrival; the events carry the time at which they were written. */
export async function eventDelays(url: string): Promise<readonly number[]> {
  const response = await fetch(url)
  const delays: number[] = []
  const decoder = new TextDecoder()
  for await (const part of response.body ?? []) {
    const nowMs = performance.timeOrigin + performance.now()
    for (const [, written] of decoder
      .decode(part as Uint8Array, { stream: true })
      .matchAll(/^data: ([\d.]+)$/gm)) {
      delays.push(nowMs - Number(written))
    }
  }
  return delays
}

function* blocks(bytes: number): Generator<Buffer> {
  const block = Buffer.alloc(64 * 1024, 'x')
  for (let left = bytes; left > 0; left -= block.length)
    yield left < block.length ? block.subarray(0, left) : block
}
