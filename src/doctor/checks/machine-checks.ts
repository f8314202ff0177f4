import { bad, type Check, ok, sizeOf, warn } from '../check.ts'
import { memoryController } from '../kernel-command-line.ts'

const MIB = 2 ** 20

/** The binding of SQLite as we build it wants this one or a newer. */
const LEAST_GLIBC = [2, 34] as const
/** Below that a further function, or a build, may take what the others need. */
const LITTLE_MEMORY = 128 * MIB
/** Bits of get_throttled: low voltage now, and since the start. */
const LOW_NOW = 1
const LOW_BEFORE = 1 << 16
const DAY_MS = 24 * 3_600_000

export const MACHINE_CHECKS: readonly Check[] = [
  {
    name: 'program',
    look: ({ machine: { arch } }) =>
      arch === 'x64' || arch === 'arm64'
        ? ok(arch)
        : bad({
            text: `the program runs as ${arch}`,
            meaning: 'Sampan is made for 64-bit Intel/AMD and ARM processors and systems.',
            fix: 'Install the 64-bit system (Raspberry Pi OS 64-bit), and the archive for amd64 or arm64.',
          }),
  },
  {
    name: 'c-library',
    look: ({ machine: { glibc } }) => {
      if (glibc === null) return null
      const [major = 0, minor = 0] = glibc.split('.').map(Number)
      const isNew = major > LEAST_GLIBC[0] || (major === LEAST_GLIBC[0] && minor >= LEAST_GLIBC[1])
      return isNew
        ? ok(`glibc ${glibc}`)
        : bad({
            text: `glibc ${glibc}`,
            meaning: 'The registry cannot be opened: its library wants glibc 2.34 or newer.',
            fix: 'Upgrade to Debian 12, Ubuntu 22.04 or newer.',
          })
    },
  },
  {
    name: 'kernel-modules',
    look: ({ machine: { hasModules, kernel } }) => {
      if (hasModules === null) return null
      return hasModules
        ? ok(`of ${kernel}`)
        : bad({
            text: `/lib/modules/${kernel} is missing`,
            meaning:
              'The kernel was upgraded and the running one has no modules left: networks of containers cannot be made.',
            fix: 'sudo reboot',
          })
    },
  },
  {
    name: 'memory',
    look: ({ machine: { availableBytes, swapBytes } }) => {
      if (availableBytes === null) return null
      const swap = swapBytes > 0 ? `, ${sizeOf(swapBytes)} of swap` : ', no swap'
      const text = `${sizeOf(availableBytes)} available${swap}`
      return availableBytes >= LITTLE_MEMORY
        ? ok(text)
        : warn({
            text,
            meaning: 'The kernel may end functions, or Docker, to get memory.',
            fix: 'Scale functions to zero that nobody needs (sampan scale NAME 0), give others limits, or add compressed swap: sudo apt install zram-tools',
          })
    },
  },
  {
    name: 'date',
    look: ({ machine: { nowMs, programMs } }) => {
      if (programMs === null) return null
      const text = new Date(nowMs).toISOString()
      return nowMs >= programMs - DAY_MS
        ? ok(text)
        : warn({
            text: `it says ${text}, before this program was made (${new Date(programMs).toISOString()})`,
            meaning: 'Times in logs and lists are wrong, and certificates look invalid.',
            fix: 'sudo timedatectl set-ntp true',
          })
    },
  },
  {
    name: 'power',
    look: ({ machine: { throttled } }) => {
      if (throttled === null) return null
      if ((throttled & (LOW_NOW | LOW_BEFORE)) === 0) return ok('enough')
      const when = (throttled & LOW_NOW) === 0 ? 'since it was started' : 'now'
      return warn({
        text: `too low a voltage ${when} (throttled=0x${throttled.toString(16)})`,
        meaning: 'The machine runs slower, and files on its card may be damaged.',
        fix: 'Use the power supply that is made for this board, and a short cable.',
      })
    },
  },
  {
    name: 'memory-limits',
    look: ({ machine: { commandLine, piModel, kernelBuild }, engine }) => {
      if (engine.problem !== '') return null
      if (engine.limitsMemory) return ok(`enforced, cgroup v${engine.cgroupVersion}`)
      const isPi = piModel !== '' || memoryController(commandLine) === 'off'
      const isTheirs = /-rpi|raspberrypi|\+rpt/.test(kernelBuild)
      const meaning = 'A function may take all memory of this host, whatever its limit says.'
      const text = `${engine.name || 'the engine'} cannot limit memory: the kernel has no controller for it`
      if (isPi && isTheirs)
        return bad({
          text,
          meaning,
          fix: "sudo sed -i '1 s/$/ cgroup_enable=memory/' /boot/firmware/cmdline.txt && sudo reboot   (on older systems /boot/cmdline.txt)",
        })
      if (isPi)
        return bad({
          text,
          meaning,
          fix: 'This kernel does not know cgroup_enable=memory: take Raspberry Pi OS, or remove cgroup_disable=memory from the device tree.',
        })
      return bad({
        text,
        meaning,
        fix: 'Boot a kernel with CONFIG_MEMCG, with cgroup v2 (systemd.unified_cgroup_hierarchy=1).',
      })
    },
  },
]
