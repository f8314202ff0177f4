import { isLoopback } from '../../core/host-names.ts'
import type { Facts } from '../facts.ts'
import { bad, type Check, ok, warn } from '../check.ts'

/** Where packages and releases put a version into a path. */
const VERSIONED = /\/releases?\/|\/v?\d+\.\d+(?:\.\d+)?(?:\/|$)/

const GO_ARCH: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' }

export const SETUP_CHECKS: readonly Check[] = [
  {
    name: 'settings',
    look: ({ settings: { problems } }) =>
      problems.length === 0
        ? ok('can be used')
        : bad({
            text: problems.join('; '),
            meaning: 'The daemon does not start.',
            fix: 'Correct them in /etc/sampan/sampan.env (docs/config.md), then: sudo systemctl restart sampan',
          }),
  },
  {
    name: 'binding',
    look: ({ binding }) => {
      if (binding === null) return null
      return binding.isFine
        ? ok('SQLite can be loaded')
        : bad({
            text: binding.problem,
            meaning: 'The registry cannot be opened: its library does not load.',
            fix: 'Install the package again; of a clone: rm -rf node_modules && npm ci',
          })
    },
  },
  {
    name: 'service',
    look: ({ service }) => {
      if (service === null) return null
      const { state, restarts, exitStatus } = service
      const again = restarts > 0 ? `, started again ${restarts} times` : ''
      if (state === 'failed')
        return bad({
          text: `the service has failed, status ${exitStatus}${again}`,
          meaning:
            'The daemon does not run, and is not tried again. Functions run on, and nobody can call them.',
          fix: 'journalctl -u sampan -n 20   its last line says what to do; then: sudo systemctl restart sampan',
        })
      if (restarts >= 3)
        return warn({
          text: `${state}${again}`,
          meaning: 'The daemon ends by itself again and again.',
          fix: 'journalctl -u sampan -p warning',
        })
      return ok(state + again)
    },
  },
  {
    name: 'watchdog',
    look: ({ settings: { watchdogPath }, watchdogs, engine }) => {
      const arch = GO_ARCH[engine.arch] ?? 'amd64'
      if (watchdogs.includes(arch)) return ok(`${watchdogPath}/fwatchdog-${arch}`)
      return bad({
        text: `${watchdogPath}/fwatchdog-${arch} is missing`,
        meaning: 'Functions whose image has no watchdog cannot be started.',
        fix: 'Install the package again, or correct SAMPAN_WATCHDOG_DIR; of a clone: npm run build:watchdog',
      })
    },
  },
  {
    name: 'watchdog-path',
    look: (facts) => {
      const { watchdogPath, watchdogDir } = facts.settings
      if (isApartFromEngine(facts) && watchdogDir === null)
        return bad({
          text: 'the daemon runs in a container, and SAMPAN_WATCHDOG_DIR is not set',
          meaning: 'The engine looks for the watchdog on its own host, not in this container.',
          fix: 'Mount a folder of the host at the same path on both sides, copy the watchdogs there, and name it in SAMPAN_WATCHDOG_DIR (docs/operations.md).',
        })
      return VERSIONED.test(`${watchdogPath}/`)
        ? warn({
            text: `${watchdogPath} has a version in it`,
            meaning:
              'Containers that run would lose the file when that release is removed, and could not be started again.',
            fix: 'Copy the watchdogs to a folder without a version and set SAMPAN_WATCHDOG_DIR to it, e.g. /var/lib/sampan/watchdog.',
          })
        : ok(watchdogPath)
    },
  },
  {
    name: 'runtime-path',
    look: (facts) =>
      isApartFromEngine(facts) && facts.settings.runtimeDir === null
        ? bad({
            text: 'the daemon runs in a container, and SAMPAN_RUNTIME_DIR is not set',
            meaning: 'The engine looks for secrets on its own host, not in this container.',
            fix: 'Mount a folder of the host at the same path on both sides, e.g. /dev/shm/sampan, and name it in SAMPAN_RUNTIME_DIR.',
          })
        : null,
  },
  {
    name: 'exposure',
    look: ({ settings: { listenHost } }) =>
      isLoopback(listenHost)
        ? ok(`the gateway listens on ${listenHost}`)
        : warn({
            text: `the gateway listens on ${listenHost}`,
            meaning:
              'Passwords come in the clear to whoever is on the way, unless a proxy with TLS is in front.',
            fix: 'Set SAMPAN_LISTEN=127.0.0.1:8080 and put a proxy with TLS in front (docs/security.md).',
          }),
  },
  {
    name: 'bridge',
    look: ({ machine: { interfaces, isContainer }, engine }) => {
      if (engine.problem !== '' || isContainer) return null
      return interfaces.includes('docker0')
        ? ok('docker0')
        : warn({
            text: 'there is no bridge docker0',
            meaning:
              'Docker was told to have none, or somebody removed it: containers outside of our networks, and builds, have no network.',
            fix: 'sudo systemctl restart docker   (functions stop meanwhile without live-restore)',
          })
    },
  },
  {
    name: 'forwarding',
    look: ({ machine: { forwards } }) => {
      if (forwards === null) return null
      return forwards
        ? ok('on')
        : bad({
            text: 'net.ipv4.ip_forward is 0',
            meaning: 'Functions reach nothing outside of this host.',
            fix: 'sudo sysctl -w net.ipv4.ip_forward=1   and find out who switched it off in /etc/sysctl.d',
          })
    },
  },
  {
    name: 'host-firewall',
    look: ({ machine: { hasUfw }, settings: { functionPort } }) => {
      if (functionPort === 0) return null
      return hasUfw
        ? warn({
            text: 'ufw is on',
            meaning: `It refuses what comes in unless a rule allows it: functions may not reach the gateway at port ${functionPort}.`,
            fix: `sudo ufw allow in from 172.16.0.0/12 to any port ${functionPort} proto tcp`,
          })
        : ok('no ufw')
    },
  },
]

/** The daemon is in a container, and the engine is not in the same: its folders would be here, too. */
function isApartFromEngine({ machine, engine, engineDisk }: Facts): boolean {
  return machine.isContainer && engine.problem === '' && engineDisk === null
}
