import { spawn } from 'node:child_process'

/**
 * A program of this host, run without a shell and without the daemon's environment unless `env` is left out.
 */
export interface Program {
  readonly command: string
  readonly args: readonly string[]
  /** Written to its standard input, which is closed then. */
  readonly input: string
  /** It is killed above this much output. */
  readonly mostOutputBytes: number
  readonly env?: Readonly<Record<string, string>>
}

export interface ProgramEnd {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly output: string
  /** Its standard error, cut to 2,000 characters. */
  readonly complaint: string
}

const MOST_COMPLAINT = 2_000

/** Runs it to its end. Rejects when it cannot be started, or when `signal` aborts, which kills it. */
export function runProgram(program: Program, signal: AbortSignal): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(program.command, program.args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      signal,
      killSignal: 'SIGKILL',
      ...(program.env && { env: program.env }),
    })
    const chunks: Buffer[] = []
    let size = 0
    let complaint = ''
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString('utf8'), complaint }))
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= program.mostOutputBytes) chunks.push(chunk)
      else child.kill('SIGKILL')
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, MOST_COMPLAINT)
    })
    // It may end without reading its input; its exit code says why.
    child.stdin.on('error', () => {})
    child.stdin.end(program.input)
  })
}
