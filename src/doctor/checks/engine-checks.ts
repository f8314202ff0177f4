import type { EngineFacts } from '../facts.ts'
import { bad, type Check, ok, warn } from '../check.ts'

/** The oldest API of the engine that is spoken, and the newest (`provider/docker/engine/engine-version.ts`). */
const LEAST_API = [1, 41] as const
const NEWEST_API = [1, 52] as const

/** The engine's names of architectures, and Go's. */
const GO_ARCH: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' }
/** The engine's, and Node's. */
const NODE_ARCH: Readonly<Record<string, string>> = { x86_64: 'x64', aarch64: 'arm64', armv7l: 'arm' }

export const ENGINE_CHECKS: readonly Check[] = [
  {
    name: 'engine',
    look: ({ engine }) =>
      engine.problem === '' ? ok(`Docker ${engine.version} at ${engine.address}`) : bad(unreachable(engine)),
  },
  {
    name: 'engine-kind',
    look: ({ engine }) => (engine.problem === '' ? kindOf(engine) : null),
  },
  {
    name: 'engine-api',
    look: ({ engine: { problem, apiVersion, minApiVersion, version } }) => {
      if (problem !== '') return null
      if (isBelow(apiVersion, LEAST_API))
        return bad({
          text: `Docker ${version} speaks its API up to ${apiVersion}`,
          meaning: 'Sampan needs 1.41, that of Docker 20.10.',
          fix: 'Upgrade Docker: sudo apt install docker.io',
        })
      if (isBelow(NEWEST_API.join('.'), numbers(minApiVersion)))
        return bad({
          text: `Docker ${version} speaks its API from ${minApiVersion} on`,
          meaning: `This Sampan speaks it up to ${NEWEST_API.join('.')}.`,
          fix: 'Upgrade Sampan, or set DOCKER_MIN_API_VERSION=1.44 for Docker: sudo systemctl edit docker',
        })
      return ok(apiVersion)
    },
  },
  {
    name: 'engine-here',
    look: ({ engine, machine }) => {
      if (engine.problem !== '' || engine.kernel === '') return null
      if (engine.kernel === machine.kernel) return ok('on this host')
      return bad({
        text: `the engine's kernel is ${engine.kernel}, this one is ${machine.kernel}`,
        meaning:
          'The engine runs on another machine: addresses of containers, and files for them, cannot be reached from here.',
        fix: "Run Sampan on the engine's machine.",
      })
    },
  },
  {
    name: 'processor',
    look: ({ engine: { problem, arch }, machine }) => {
      const theirs = NODE_ARCH[arch]
      if (problem !== '' || theirs === undefined) return null
      return theirs === machine.arch
        ? ok(arch)
        : warn({
            text: `Docker is for ${arch}, this program for ${machine.arch}`,
            meaning: `Images must be for ${GO_ARCH[arch] ?? arch}.`,
            fix: `Build images with --platforms linux/${GO_ARCH[arch] ?? arch}, or install one kind of both.`,
          })
    },
  },
  {
    name: 'process-limits',
    look: ({ engine }) => {
      if (engine.problem !== '') return null
      return engine.limitsProcesses
        ? ok('enforced')
        : warn({
            text: 'the engine cannot limit the number of processes',
            meaning: 'A function that forks without end takes the host with it.',
            fix: 'Boot a kernel with CONFIG_CGROUP_PIDS.',
          })
    },
  },
  {
    name: 'live-restore',
    look: ({ engine }) => {
      if (engine.problem !== '') return null
      return engine.liveRestore
        ? ok('functions run on while Docker restarts')
        : warn({
            text: 'live-restore is off',
            meaning: 'Functions stop when Docker restarts or is upgraded, and are started again afterwards.',
            fix: 'Add "live-restore": true to /etc/docker/daemon.json, then: sudo systemctl reload docker',
          })
    },
  },
]

function unreachable({ address, problem }: EngineFacts): { text: string; meaning: string; fix: string } {
  const text = `${address}: ${problem}`
  const meaning = 'No function can be started, and none scaled.'
  if (/EACCES|EPERM/.test(problem))
    return { text, meaning, fix: 'sudo usermod -aG docker sampan && sudo systemctl restart sampan' }
  if (/ENOENT/.test(problem))
    return { text, meaning, fix: 'sudo apt install docker.io   or correct SAMPAN_DOCKER_HOST' }
  if (/timeout/i.test(problem))
    return { text, meaning, fix: 'sudo systemctl restart docker; journalctl -u docker says why it hangs' }
  return { text, meaning, fix: 'sudo systemctl start docker; journalctl -u docker says why it does not run' }
}

function kindOf({
  isRootless,
  components,
  operatingSystem,
  address,
  root,
  version,
}: EngineFacts): ReturnType<Check['look']> {
  const use = 'Use the Docker of the system: sudo apt install docker.io, and SAMPAN_DOCKER_HOST unset.'
  if (isRootless)
    return bad({
      text: 'the engine is rootless',
      meaning:
        'Its containers are in a network of their own that this host cannot reach: no call gets through.',
      fix: use,
    })
  if (components.some((name) => /podman/i.test(name)))
    return warn({
      text: `it is Podman ${version}`,
      meaning: "Podman's imitation of Docker is not tested: networks between functions may be open.",
      fix: use,
    })
  if (/docker desktop/i.test(operatingSystem))
    return bad({
      text: 'it is Docker Desktop',
      meaning: 'Its containers run in a virtual machine that this host cannot reach.',
      fix: use,
    })
  if (/\/snap\/|\/var\/snap\//.test(`${address} ${root}`))
    return bad({
      text: `Docker is installed as a snap (${root})`,
      meaning: 'It sees only a part of this host: secrets and the watchdog cannot be put into containers.',
      fix: 'sudo snap remove docker && sudo apt install docker.io',
    })
  return ok('the engine of the system')
}

function numbers(version: string): readonly [number, number] {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return [major, minor]
}

function isBelow(version: string, [major, minor]: readonly [number, number]): boolean {
  const [theirs, rest] = numbers(version)
  return theirs < major || (theirs === major && rest < minor)
}
