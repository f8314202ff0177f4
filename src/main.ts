import { writeSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { systemClock } from './clock.ts'
import { ConfigError, configFromProcess } from './config.ts'
import { Daemon } from './daemon.ts'
import { collectEarly } from './early-collection.ts'
import { jsonLog, stdoutLog } from './log.ts'

/** Exit status when the settings, the registry or an address make a start impossible. */
const CANNOT_START = 1
/** Exit status after a failure that nobody expected (EX_SOFTWARE of sysexits). */
const INTERNAL_FAILURE = 70

/**
 * Keeps V8's young generation at the size it starts with. A proxy makes only garbage that dies at once: a
 * larger one costs 30 MB and more of resident memory and saves next to nothing
 * (docs/decisions/0006-small-young-generation.md).
 */
const SMALL_YOUNG_GENERATION = '--semi-space-growth-factor=1'

/**
 * Whatever the daemon writes is for its own user alone; what containers must read is opened by name
 * (`secret-files.ts`).
 */
const PRIVATE = 0o077

async function main(): Promise<void> {
  process.umask(PRIVATE)
  setFlagsFromString(SMALL_YOUNG_GENERATION)
  const config = configFromProcess()
  const log = stdoutLog(config.logLevel)
  const daemon = new Daemon({ config, log })

  const running = new AbortController()
  let stopping = false
  const stop = (reason: string) => {
    if (stopping) process.exit(INTERNAL_FAILURE)
    stopping = true
    log.info('stopping', { reason })
    void daemon
      .stop()
      .then(
        () => log.info('stopped'),
        (err: unknown) => log.error('stop failed', { err }),
      )
      .finally(() => running.abort())
  }
  // Nobody reads the log any more. That must not end the calls, and there is nowhere left to say it.
  process.stdout.on('error', () => {})
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('uncaughtException', endAtOnce)
  process.on('unhandledRejection', endAtOnce)

  await daemon.start()
  await collectEarly(systemClock, running.signal)
}

/**
 * After a failure that nobody expected nobody vouches for the state of the process, and a drain would keep
 * the door shut for as long as it takes. Containers run on and are adopted at the next start, so ending is
 * cheap: a second later the service manager has a new daemon.
 */
function endAtOnce(err: unknown): void {
  try {
    // Not by the stream of standard output: what waits there for a slow reader is lost with the process.
    jsonLog('error', (line) => writeSync(process.stderr.fd, line)).error('unexpected failure', { err })
  } finally {
    process.exit(INTERNAL_FAILURE)
  }
}

main().catch((error: unknown) => {
  const sentence = error instanceof Error ? error.message : String(error)
  const prefix = error instanceof ConfigError ? 'settings cannot be used:\n' : 'cannot start: '
  process.stderr.write(`sampan: ${prefix}${sentence}\n`)
  process.exit(CANNOT_START)
})
