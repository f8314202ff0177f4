import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { resolve } from 'node:path'

/** What an attacker has done so far (`fixtures/attacker.ts`). */
export interface AttackFigures {
  /** Connections that were made, all kinds together. */
  readonly connected: number
  /** Answers to pipelined calls. */
  readonly pipelined: number
  /** Unfinished heads that were sent. */
  readonly heads: number
  /** Slow uploads that were begun. */
  readonly uploads: number
}

const PROGRAM = resolve(import.meta.dirname, '../fixtures/attacker.js')

/** A process that attacks a daemon from an address of its own in all ways at once. */
export class Attack {
  readonly #process: ChildProcess
  readonly #lines: Interface
  #figures: AttackFigures = { connected: 0, pipelined: 0, heads: 0, uploads: 0 }

  private constructor(url: string, path: string) {
    this.#process = spawn(process.execPath, [PROGRAM, new URL(url).port, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    assert.ok(this.#process.stdout)
    this.#lines = createInterface(this.#process.stdout)
    this.#lines.on('line', (line) => (this.#figures = JSON.parse(line) as AttackFigures))
  }

  /** Resolves when it has begun. `path`: the function that it calls. */
  static async start(url: string, path: string): Promise<Attack> {
    const attack = new Attack(url, path)
    await once(attack.#lines, 'line')
    return attack
  }

  /** As of the last second. */
  get figures(): AttackFigures {
    return this.#figures
  }

  /** Everything that it is there for was done. */
  get isThorough(): boolean {
    const { connected, pipelined, heads, uploads } = this.#figures
    return connected >= 10_000 && pipelined >= 3_000 && heads >= 300 && uploads >= 100
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }
}
