import { readdir } from 'node:fs/promises'
import { FaasError } from '../../../core/errors.ts'

/** Architecture in Docker's own words: `amd64`, `arm64`, `arm`, … */
export interface Platform {
  readonly architecture: string
  readonly os: string
}

/** Further architectures that a kernel runs natively. */
const ALSO_RUNS: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] }

const SPELLINGS: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i386: '386',
}

/** Names under which QEMU registers itself with the kernel. */
const EMULATORS: Readonly<Record<string, string>> = {
  'qemu-x86_64': 'amd64',
  'qemu-aarch64': 'arm64',
  'qemu-arm': 'arm',
  'qemu-i386': '386',
  'qemu-riscv64': 'riscv64',
  'qemu-ppc64le': 'ppc64le',
  'qemu-s390x': 's390x',
}

/**
 * Throws `invalid`, naming both sides, when `image` cannot run on `host`. Unknown values pass: the engine
 * will tell.
 */
export function checkPlatform(image: Platform, host: Platform, emulated: ReadonlySet<string>): void {
  const [wanted, present] = [canonical(image.architecture), canonical(host.architecture)]
  const osDiffers = image.os !== '' && image.os !== 'linux'
  const runs = wanted === present || (ALSO_RUNS[present] ?? []).includes(wanted) || emulated.has(wanted)
  if (!osDiffers && (runs || wanted === '' || present === '')) return

  throw new FaasError(
    'invalid',
    `image: built for ${image.os || 'linux'}/${wanted}, but this host is ${host.os || 'linux'}/${present}; ` +
      `build it with --platforms ${host.os || 'linux'}/${present}`,
  )
}

/** File name of the watchdog for an image on this host. */
export function watchdogFile(image: Platform, host: Platform): string {
  const wanted = canonical(image.architecture)
  const isOurs = wanted === 'amd64' || wanted === 'arm64' || wanted === 'arm'
  return `fwatchdog-${isOurs ? wanted : canonical(host.architecture) || 'amd64'}`
}

/** Architectures that this kernel emulates. Empty when that is unknown, or the engine is on another host. */
export async function emulatedArchitectures(): Promise<ReadonlySet<string>> {
  try {
    const names = await readdir('/proc/sys/fs/binfmt_misc')
    return new Set(names.flatMap((name) => EMULATORS[name] ?? []))
  } catch {
    // The kernel does not have binfmt_misc: nothing is emulated.
    return new Set()
  }
}

function canonical(architecture: string): string {
  return SPELLINGS[architecture] ?? architecture
}
