import { deferred } from '../../src/clock.ts'
import type { LogToKeep } from '../../src/logs/archive.ts'

/** Takes logs, and holds them back while it is slow. */
export class FakeArchive {
  readonly saved: { readonly id: string; readonly lines: number; readonly isWhole: boolean }[] = []
  saving = 0
  mostSaving = 0
  #slow = deferred<void>()

  constructor() {
    this.#slow.resolve()
  }

  beSlow(): void {
    this.#slow = deferred()
  }

  beQuick(): void {
    this.#slow.resolve()
  }

  async save(_fn: unknown, id: string, log: LogToKeep): Promise<boolean> {
    this.saving += 1
    this.mostSaving = Math.max(this.saving, this.mostSaving)
    await this.#slow.promise
    this.saving -= 1
    this.saved.push({ id, lines: log.lines.count, isWhole: log.isWhole })
    return true
  }
}
