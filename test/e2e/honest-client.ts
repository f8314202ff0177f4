import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** Pause between two requests of one worker. */
const PAUSE_MS = 20
const KEPT_WORKERS = 4
const FRESH_WORKERS = 2

export type HonestKind = 'kept' | 'fresh' | 'health'

export interface HonestFigures {
  /** Milliseconds of each request: calls over kept connections, calls over new ones, and `/healthz` over both. */
  readonly kept: readonly number[]
  readonly fresh: readonly number[]
  readonly health: readonly number[]
  /** Whatever was not answered with 200 and the whole body. */
  readonly failed: readonly string[]
}

/** Calls `url` and asks `/healthz` there, at an even pace, for as long as `work` takes. */
export async function honestDuring(url: string, work: () => Promise<unknown>): Promise<HonestFigures> {
  const over = new AbortController()
  const behaving = behave(url, over.signal)
  try {
    await work()
  } finally {
    over.abort()
  }
  return behaving
}

/** Milliseconds in which 99 of 100 requests of a kind were answered. */
export function p99s({ kept, fresh, health }: HonestFigures): Readonly<Record<HonestKind, number>> {
  return { kept: p99(kept), fresh: p99(fresh), health: p99(health) }
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0)
}

async function behave(url: string, signal: AbortSignal): Promise<HonestFigures> {
  const health = new URL('/healthz', url).href
  const kept = new Agent({ keepAlive: true })
  const failed: string[] = []
  const work = async (times: number[], what: string, agent: Agent | false): Promise<void> => {
    while (!signal.aborted) {
      const startMs = performance.now()
      const wrong = await ask(what, agent)
      times.push(performance.now() - startMs)
      if (wrong !== null) failed.push(`${what}: ${wrong}`)
      await sleep(PAUSE_MS)
    }
  }
  const figures = { kept: [] as number[], fresh: [] as number[], health: [] as number[], failed }
  await Promise.all([
    ...Array.from({ length: KEPT_WORKERS }, () => work(figures.kept, url, kept)),
    ...Array.from({ length: FRESH_WORKERS }, () => work(figures.fresh, url, false)),
    work(figures.health, health, kept),
    work(figures.health, health, false),
  ])
  kept.destroy()
  return figures
}

/** Null for a 200 that was read to its end, else what went wrong. Never rejects. */
function ask(url: string, agent: Agent | false): Promise<string | null> {
  return new Promise((done) => {
    const asked = request(url, { agent }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part))
      answer.on('error', (error) => done(String(error)))
      answer.on('end', () => done(answer.statusCode === 200 ? null : `${answer.statusCode} ${text}`))
    })
    asked.on('error', (error) => done(String(error)))
    asked.end()
  })
}
