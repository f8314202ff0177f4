import assert from 'node:assert/strict'
import { eventually } from '../fakes/eventually.ts'
import type { DaemonProcess } from './daemon-process.ts'

/** One message of the log API. */
export interface Line {
  readonly name: string
  readonly namespace: string
  readonly instance: string
  readonly timestamp: string
  readonly text: string
}

export const timeOf = ({ timestamp }: Line): string => timestamp

export const textOf = ({ text }: Line): string => text

export function parse(ndjson: string): Line[] {
  return ndjson
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line)
}

/** Reads a log with follow until it is closed. */
export class Follower {
  readonly lines: Line[] = []
  readonly #leaving = new AbortController()
  #reading: Promise<void> = Promise.resolve()

  static async open(daemon: DaemonProcess, name: string): Promise<Follower> {
    const follower = new Follower()
    const answer = await fetch(`${daemon.url}/system/logs?name=${name}&follow=true`, {
      headers: { authorization: await daemon.authorization() },
      signal: follower.#leaving.signal,
    })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/x-ndjson')
    follower.#reading = follower.#read(answer)
    return follower
  }

  get texts(): readonly string[] {
    return this.lines.map(textOf)
  }

  /** Lines read, by replica. */
  perInstance(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { instance } of this.lines) counts.set(instance, (counts.get(instance) ?? 0) + 1)
    return counts
  }

  whenRead(text: string): Promise<void> {
    return eventually(() => this.texts.includes(text), 10_000, `the follower reads ${text}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leaving.abort()
    await this.#reading
  }

  async #read(answer: Response): Promise<void> {
    let rest = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of answer.body ?? []) {
        rest += decoder.decode(chunk as Uint8Array, { stream: true })
        const end = rest.lastIndexOf('\n') + 1
        this.lines.push(...parse(rest.slice(0, end)))
        rest = rest.slice(end)
      }
    } catch (error) {
      if (!this.#leaving.signal.aborted) throw error
    }
  }
}
