import { dial, hostOf, type DialledServer, type DialTimes, type ForeignServerOptions } from './client.ts'
import type { Health } from './health.ts'
import type { ServerSide } from './server-side.ts'

const WELL: Health = { kind: 'well', text: '' }

/** Somebody else's server: it can be spoken to, and neither asked how it is nor started anew. */
export class ForeignServer implements ServerSide {
  readonly isOwn = false
  readonly restarts = { exit: 0, write_error: 0, unresponsive: 0 }
  readonly diskReason = ''
  readonly name: string
  readonly #options: ForeignServerOptions

  constructor(options: ForeignServerOptions) {
    this.#options = options
    this.name = `the server at ${hostOf(options.url)}`
  }

  get unansweredReason(): string {
    return `${this.name} does not answer what is published: its disk may be full. Make room there; from 2.14 on it must be restarted after that`
  }

  dial(times: DialTimes): Promise<DialledServer> {
    return dial(this.#options, times)
  }

  async health(): Promise<Health> {
    return WELL
  }

  takeWriteError(): boolean {
    return false
  }

  noteConsumers(): void {}

  async watchDisk(): Promise<void> {}

  async stop(): Promise<void> {}
}
