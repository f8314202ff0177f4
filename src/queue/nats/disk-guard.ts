import { statfs } from 'node:fs/promises'
import { every, type Clock } from '../../clock.ts'
import { messageOf } from '../../core/errors.ts'

/** Room on a disk. */
export interface DiskRoom {
  readonly freeBytes: number
  readonly totalBytes: number
}

/** What must stay free: the greater of the two. */
export interface DiskReserve {
  readonly bytes: number
  readonly share: number
}

export const USUAL_RESERVE: DiskReserve = { bytes: 200_000_000, share: 0.05 }

const MB = 1_000_000

/** Pure: why nothing more is accepted; empty while there is room. */
export function diskReason(room: DiskRoom, reserve: DiskReserve, folder: string): string {
  const reserveBytes = Math.max(reserve.bytes, room.totalBytes * reserve.share)
  if (room.freeBytes >= reserveBytes) return ''
  const [free, wanted] = [room.freeBytes, reserveBytes].map((bytes) => (bytes / MB).toFixed(0))
  return `the disk of ${folder} has ${free} MB left, and ${wanted} MB are kept for what was accepted already: make room`
}

/** Looks at the disk of a folder now and then, so that nobody has to ask within a call. */
export class DiskGuard {
  readonly #folder: string
  readonly #reserve: DiskReserve
  readonly #clock: Clock
  #reason = ''

  constructor(folder: string, reserve: DiskReserve, clock: Clock) {
    this.#folder = folder
    this.#reserve = reserve
    this.#clock = clock
  }

  /** What the last look found; empty before the first. */
  get reason(): string {
    return this.#reason
  }

  /** Looks until `signal` aborts. */
  async run(intervalMs: number, signal: AbortSignal): Promise<void> {
    await this.look()
    await every({ clock: this.#clock, intervalMs, signal, onError: () => undefined }, async () => {
      await this.look()
    })
  }

  /** Looks now. A folder that is not there yet, or not any more, has no disk: its users will say so. */
  async look(): Promise<string> {
    try {
      const { bavail, blocks, bsize } = await statfs(this.#folder)
      const room = { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
      this.#reason = diskReason(room, this.#reserve, this.#folder)
    } catch (error) {
      const isMissing = messageOf(error).startsWith('ENOENT')
      this.#reason = isMissing ? '' : `the disk of ${this.#folder} cannot be looked at: ${messageOf(error)}`
    }
    return this.#reason
  }
}
