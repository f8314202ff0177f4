import { writeSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { systemClock } from './clock.ts'
import { ConfigError, configFromProcess } from './config.ts'
import { StartError } from './core/errors.ts'
import { Daemon } from './daemon.ts'
import { collectEarly } from './early-collection.ts'
import { jsonLog, stdoutLog } from './log.ts'

/** Exit status when settings, registry or data folder make a start impossible: a person has to change something. */
const CANNOT_START = 1
/** Exit status when something is in the way that may go by itself, e.g. a taken address (EX_TEMPFAIL of sysexits). */
const TRY_AGAIN = 75
/** Exit status of a command line that is not understood (EX_USAGE of sysexits). */
const USAGE = 64
/** Exit status after a failure that nobody expected (EX_SOFTWARE of sysexits). */
const INTERNAL_FAILURE = 70

/**
 * Keeps V8's young generation at its initial size. A proxy creates only garbage that dies at once: a larger
 * generation costs 30 MB or more of resident memory and saves next to nothing
 * (docs/decisions/0006-small-young-generation.md).
 */
const SMALL_YOUNG_GENERATION = '--semi-space-growth-factor=1'

/**
 * Files that the daemon writes are for its own user alone; those that containers must read get wider rights
 * one by one (`secret-files.ts`).
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
  // The reader of the log is gone. That must not end the calls, and there is nowhere left to report it.
  process.stdout.on('error', () => {})
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  process.on('uncaughtException', endAtOnce)
  process.on('unhandledRejection', endAtOnce)

  await daemon.start()
  await collectEarly(systemClock, running.signal)
}

/**
 * After an unexpected failure the state of the process cannot be trusted, and a drain would refuse calls for
 * as long as it takes. Ending is cheap: containers run on and are adopted at the next start, and a second
 * later the service manager has started a new daemon.
 */
function endAtOnce(err: unknown): void {
  try {
    // Not through the stream of standard output: lines that wait there for a slow reader are lost with the
    // process.
    jsonLog('error', (line) => writeSync(process.stderr.fd, line)).error('unexpected failure', { err })
  } finally {
    process.exit(INTERNAL_FAILURE)
  }
}

/** Words of the command line that the daemon does not know: it has settings, and no arguments. */
const surplus = process.argv.slice(2).filter((word, at) => at > 0 || word !== 'serve')
if (surplus.length === 0) main().catch(explain)
else {
  process.stderr.write(
    `sampan: the daemon takes no arguments, so what is "${surplus.join(' ')}"? Nothing was started.\n` +
      'Usage: sampan serve   Its settings are environment variables: docs/config.md. Other commands: sampan help\n',
  )
  process.exitCode = USAGE
}

function explain(error: unknown): void {
  const sentence = error instanceof Error ? error.message : String(error)
  const prefix = error instanceof ConfigError ? 'settings cannot be used:\n' : 'cannot start: '
  process.stderr.write(`sampan: ${prefix}${sentence}\n`)
  process.exit(error instanceof StartError && error.mayPass ? TRY_AGAIN : CANNOT_START)
}
