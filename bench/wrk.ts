import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What one load showed. */
export interface LoadFigures {
  readonly callsPerSecond: number
  readonly calls: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Answers that were not 2xx or 3xx, and broken connections. */
  readonly failed: number
}

export interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  /** Body of POST requests; absent: GET. */
  readonly post?: string
  /** Process whose network namespace the load runs in; absent: the host's. */
  readonly inNamespaceOf?: number
}

/** One load by wrk. One thread: the machine's other core is for what is measured. */
export async function load(options: LoadOptions): Promise<LoadFigures> {
  const { url, connections, seconds, post, inNamespaceOf } = options
  const script = post === undefined ? [] : ['-s', await postScript(post)]
  const wrk = [
    'wrk',
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '--timeout',
    '10s',
    ...script,
    url,
  ]
  const [program = '', ...words] =
    inNamespaceOf === undefined ? wrk : ['nsenter', '-t', String(inNamespaceOf), '-n', ...wrk]
  const { stdout } = await run(program, words)

  const number = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? 0)
  const sum = (pattern: RegExp) =>
    (pattern.exec(stdout)?.slice(1) ?? []).reduce((total, part) => total + Number(part), 0)
  const failed =
    number(/Non-2xx or 3xx responses: (\d+)/) +
    sum(/Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/)
  return {
    callsPerSecond: number(/Requests\/sec:\s+([\d.]+)/),
    calls: number(/(\d+) requests in/),
    p50Ms: milliseconds(/\s50%\s+([\d.]+[a-z]+)/.exec(stdout)?.[1]),
    p99Ms: milliseconds(/\s99%\s+([\d.]+[a-z]+)/.exec(stdout)?.[1]),
    failed,
  }
}

/** A script by which wrk posts. */
async function postScript(body: string): Promise<string> {
  const path = resolve('.build/wrk-post.lua')
  await mkdir('.build', { recursive: true })
  await writeFile(path, `wrk.method = 'POST'\nwrk.body = ${JSON.stringify(body)}\n`)
  return path
}

const UNITS_MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 }

function milliseconds(text = ''): number {
  const [, digits = 'NaN', unit = 'ms'] = /^([\d.]+)([a-z]+)$/.exec(text) ?? []
  return Number(digits) * (UNITS_MS[unit] ?? Number.NaN)
}
