import { bytesOf, readMessage, textOf, type Fields } from './messages.ts'

/** Fields of `StatusResponse`, `Vertex` and `VertexLog` (BuildKit's control.proto). */
const RESPONSE = { vertexes: 1, logs: 3 } as const
const VERTEX = { digest: 1, name: 3, cached: 4, started: 5, completed: 6, error: 7 } as const
const LOG = { vertex: 1, message: 4 } as const

interface Step {
  readonly number: number
  isSaid: boolean
  isOver: boolean
}

/** BuildKit's own doings, which tell a reader nothing. */
const INTERNAL = /^\[internal\]/

/** Makes of BuildKit's reports the lines that `docker build --progress=plain` shows. */
export class BuildTrace {
  readonly #steps = new Map<string, Step>()
  readonly #open = new Map<string, string>()

  /** The lines of one report, which is a message in base64. Nothing for one that cannot be read. */
  lines(base64: string): readonly string[] {
    try {
      const report = readMessage(Buffer.from(base64, 'base64'))
      return [
        ...bytesOf(report, RESPONSE.vertexes).flatMap((bytes) => this.#ofVertex(readMessage(bytes))),
        ...bytesOf(report, RESPONSE.logs).flatMap((bytes) => this.#ofLog(readMessage(bytes))),
      ]
    } catch (error) {
      if (error instanceof RangeError) return []
      throw error
    }
  }

  #ofVertex(vertex: Fields): readonly string[] {
    const name = textOf(vertex, VERTEX.name)
    if (INTERNAL.test(name)) return []
    const step = this.#step(textOf(vertex, VERTEX.digest))
    const said: string[] = []
    const [isStarted, isCompleted] = [vertex.has(VERTEX.started), vertex.has(VERTEX.completed)]
    if (isStarted && !step.isSaid) {
      step.isSaid = true
      said.push(`#${step.number} ${name}`)
    }
    if (isCompleted && !step.isOver) {
      step.isOver = true
      const error = textOf(vertex, VERTEX.error)
      const isCached = vertex.get(VERTEX.cached)?.at(-1) === 1
      said.push(`#${step.number} ${error === '' ? (isCached ? 'CACHED' : 'DONE') : `ERROR: ${error}`}`)
    }
    return said
  }

  /** A step's output comes in pieces, which end anywhere. */
  #ofLog(log: Fields): readonly string[] {
    const digest = textOf(log, LOG.vertex)
    const pieces = `${this.#open.get(digest) ?? ''}${textOf(log, LOG.message)}`.split('\n')
    const open = pieces.pop() ?? ''
    this.#open.set(digest, open.slice(-LONGEST))
    const { number } = this.#step(digest)
    return pieces.map((line) => `#${number} ${line}`)
  }

  #step(digest: string): Step {
    const known = this.#steps.get(digest)
    if (known !== undefined) return known
    const step = { number: this.#steps.size + 1, isSaid: false, isOver: false }
    this.#steps.set(digest, step)
    return step
  }
}

/** Kept of a line that has no end yet. */
const LONGEST = 64 * 1024
