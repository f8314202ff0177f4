import { setFlagsFromString } from 'node:v8'
import { ConfigError, configFromProcess } from './config.ts'
import { Daemon } from './daemon.ts'
import { stdoutLog } from './log.ts'

/** Exit status when the settings, the registry or an address make a start impossible. */
const CANNOT_START = 1
/** Exit status after a failure that nobody expected (EX_SOFTWARE of sysexits). */
const INTERNAL_FAILURE = 70

/**
 * Keeps V8's young generation at the size it starts with. A proxy makes only garbage that dies at once: a larger one costs 30 MB and more of
 * resident memory and saves next to nothing (docs/decisions/0006-small-young-generation.md).
 */
const SMALL_YOUNG_GENERATION = '--semi-space-growth-factor=1'

/** Whatever the daemon writes is for its own user alone; what containers must read is opened by name (`secret-files.ts`). */
const PRIVATE = 0o077

async function main(): Promise<void> {
  process.umask(PRIVATE)
  setFlagsFromString(SMALL_YOUNG_GENERATION)
  const config = configFromProcess()
  const log = stdoutLog(config.logLevel)
  const daemon = new Daemon({ config, log })

  let stopping = false
  const stop = (reason: string) => {
    if (stopping) process.exit(process.exitCode ?? INTERNAL_FAILURE)
    stopping = true
    log.info('stopping', { reason })
    void daemon.stop().then(
      () => log.info('stopped'),
      (err: unknown) => log.error('stop failed', { err }),
    )
  }
  // Nobody reads the log any more. That must not end the calls, and there is nowhere left to say it.
  process.stdout.on('error', () => {})
  process.on('SIGTERM', () => stop('SIGTERM'))
  process.on('SIGINT', () => stop('SIGINT'))
  const onBug = (err: unknown) => {
    log.error('unexpected failure', { err })
    process.exitCode = INTERNAL_FAILURE
    // Containers run on and are adopted at the next start, so ending is cheap and state that nobody vouches for is not kept.
    if (!stopping) stop('unexpected failure')
  }
  process.on('uncaughtException', onBug)
  process.on('unhandledRejection', onBug)

  await daemon.start()
}

main().catch((error: unknown) => {
  const sentence = error instanceof Error ? error.message : String(error)
  const prefix = error instanceof ConfigError ? 'settings cannot be used:\n' : 'cannot start: '
  process.stderr.write(`sampan: ${prefix}${sentence}\n`)
  process.exit(CANNOT_START)
})
