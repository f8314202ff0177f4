import { access, readFile, readdir, stat } from 'node:fs/promises'
import { release } from 'node:os'
import type { MachineFacts } from '../facts.ts'
import { outputOf } from './program.ts'

const KIB = 1_024
const THROTTLED = '/sys/devices/platform/soc/soc:firmware/get_throttled'

/** What the kernel and the system say of themselves, by reading files. Never rejects. */
export async function machineFacts(nowMs: number, signal: AbortSignal): Promise<MachineFacts> {
  const kernel = release()
  const [
    memory,
    kernelBuild,
    commandLine,
    piModel,
    forwards,
    interfaces,
    throttled,
    modules,
    container,
    glibc,
    ufw,
    programMs,
  ] = await Promise.all([
    text('/proc/meminfo'),
    text('/proc/version'),
    text('/proc/cmdline'),
    text('/proc/device-tree/model'),
    text('/proc/sys/net/ipv4/ip_forward'),
    readdir('/sys/class/net').catch(() => []),
    text(THROTTLED),
    hasModules(kernel),
    isContainer(),
    outputOf(['getconf', 'GNU_LIBC_VERSION'], signal),
    text('/etc/ufw/ufw.conf'),
    stat(new URL('../../main.js', import.meta.url)).then(
      ({ mtimeMs }) => mtimeMs,
      () => null,
    ),
  ])
  return {
    arch: process.arch,
    kernel,
    kernelBuild,
    commandLine,
    glibc: /^glibc (\d+\.\d+)/.exec(glibc ?? '')?.[1] ?? null,
    piModel: piModel.startsWith('Raspberry Pi') ? piModel.replace(/\0/g, '') : '',
    hasModules: modules,
    memoryBytes: kilobytes(memory, 'MemTotal'),
    availableBytes: kilobytes(memory, 'MemAvailable'),
    swapBytes: kilobytes(memory, 'SwapTotal') ?? 0,
    forwards: forwards === '' ? null : forwards.trim() !== '0',
    interfaces,
    hasUfw: /^ENABLED=yes/im.test(ufw),
    throttled: throttled === '' ? null : Number.parseInt(throttled.trim(), 16),
    isContainer: container,
    nowMs,
    programMs,
  }
}

/** Empty: it is not there, or not for this user. */
function text(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

function kilobytes(memory: string, name: string): number | null {
  const line = memory.split('\n').find((one) => one.startsWith(`${name}:`))
  return line === undefined ? null : Number.parseInt(line.slice(name.length + 1), 10) * KIB
}

/** Null: there are none of any kernel, as where it is built in one piece. */
async function hasModules(kernel: string): Promise<boolean | null> {
  const others = await readdir('/lib/modules').catch((): string[] => [])
  if (others.length === 0) return null
  return others.includes(kernel)
}

/** Docker and Podman put these files into their containers. */
async function isContainer(): Promise<boolean> {
  const marks = await Promise.all(
    ['/.dockerenv', '/run/.containerenv'].map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  )
  return marks.includes(true)
}
