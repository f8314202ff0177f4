import { type Check, ok, sizeOf, warn } from '../check.ts'

/** Of a limit, when it is time to say so. */
const NEARLY = 0.8

/** What only a running daemon can say. */
export const DAEMON_CHECKS: readonly Check[] = [
  {
    name: 'queue',
    look: ({ daemon }) => {
      const queue = daemon?.queue ?? null
      if (queue === null) return null
      if (!queue.isUp)
        return warn({
          text: queue.reason,
          meaning:
            'Asynchronous calls wait in the outbox, and are refused when that is full. Other calls go on.',
          fix: 'docs/operations.md, "The queue\'s server", has what to do for each reason. Its log: journalctl -u sampan -g nats',
        })
      const [warning] = queue.warnings
      return warning === undefined
        ? ok('takes asynchronous calls')
        : warn({
            text: warning,
            meaning: 'Asynchronous calls are taken, and may be lost when the power goes.',
            fix: 'Unset SAMPAN_NATS_SERVER and SAMPAN_NATS_URL: the daemon then runs the server that it came with.',
          })
    },
  },
  {
    name: 'dead-letters',
    look: ({ daemon }) => {
      if (daemon === null || daemon.deadLetters === null) return null
      const { deadLetters, deadLetterLimit } = daemon
      return deadLetters < deadLetterLimit * NEARLY
        ? ok(`${deadLetters} of ${deadLetterLimit}`)
        : warn({
            text: `${deadLetters} of ${deadLetterLimit} calls that were given up`,
            meaning: 'When there are more, the oldest are forgotten.',
            fix: 'sampan dead-letters list   then: sampan dead-letters replay, or delete',
          })
    },
  },
  {
    name: 'spool',
    look: ({ daemon }) => {
      const spool = daemon?.spool ?? null
      if (spool === null) return null
      const text = `${sizeOf(spool.usedBytes)} of ${sizeOf(spool.limitBytes)}`
      return spool.usedBytes < spool.limitBytes * NEARLY
        ? ok(text)
        : warn({
            text,
            meaning: 'When it is full, asynchronous calls with large bodies are refused.',
            fix: 'Raise SAMPAN_ASYNC_SPOOL in /etc/sampan/sampan.env, or forget answers sooner with SAMPAN_ASYNC_KEEP; then: sudo systemctl restart sampan',
          })
    },
  },
  {
    name: 'functions',
    look: ({ daemon }) => {
      if (daemon === null) return null
      const [first] = daemon.failing
      return first === undefined
        ? ok('none is failing')
        : warn({
            text: `not well: ${daemon.failing.slice(0, 5).join(', ')}${daemon.failing.length > 5 ? ' …' : ''}`,
            meaning: 'They answer calls with 503, or run an earlier revision.',
            fix: `sampan describe ${first}   says why`,
          })
    },
  },
  {
    name: 'strays',
    look: ({ daemon, settings: { instance } }) => {
      if (daemon === null || daemon.containers === null) return null
      const known = new Set(daemon.functions)
      const strays = new Set(daemon.containers.filter((name) => !known.has(name)))
      return strays.size === 0
        ? ok('no container without its function')
        : warn({
            text: `containers of functions that are not registered: ${[...strays].slice(0, 5).join(', ')}`,
            meaning: 'They take memory, and nobody can call them. Some are being removed just now.',
            fix: `When they stay: docker rm -f $(docker ps -aq --filter label=com.sampan.instance=${instance} --filter label=com.sampan.function=NAME)`,
          })
    },
  },
]
