import { readFile } from 'node:fs/promises'
import { CGROUP_ROOT, SLICES } from '../cgroups/slices.ts'

/** The kernel's figures for one container. */
export interface CgroupSample {
  /** CPU time since its start. */
  readonly cpuNanos: number
  /** Without the page cache that the kernel can reclaim. */
  readonly memoryBytes: number
}

/** The paths of the figures on one kind of host; `ID` stands for the container. */
interface Layout {
  readonly cpu: string
  readonly memory: string
  readonly read: (cpuFile: string, memoryFolder: string) => Promise<CgroupSample>
}

const LAYOUTS: readonly Layout[] = SLICES.flatMap((slice) => [
  { cpu: `${slice}/cpu.stat`, memory: slice, read: readV2 },
  { cpu: `cpuacct/${slice}/cpuacct.usage`, memory: `memory/${slice}`, read: readV1 },
])

/**
 * Reads the control groups of containers on this host, in tens of microseconds. Asking Docker takes a second.
 */
export class CgroupUsage {
  readonly #root: string
  /** All containers of a host have the same layout, so the one that worked is tried first. */
  #known: Layout | undefined

  constructor(root = CGROUP_ROOT) {
    this.#root = root
  }

  /** Null when the container was removed or is on another host. */
  async sample(id: string): Promise<CgroupSample | null> {
    const layouts = this.#known === undefined ? LAYOUTS : [this.#known]
    for (const layout of layouts) {
      const pathOf = (pattern: string) => `${this.#root}/${pattern.replace('ID', id)}`
      const found = await layout.read(pathOf(layout.cpu), pathOf(layout.memory)).catch(() => null)
      if (found === null) continue
      this.#known = layout
      return found
    }
    return null
  }
}

async function readV1(cpuFile: string, memoryFolder: string): Promise<CgroupSample> {
  const [cpu, usage, stat] = await Promise.all([
    readFile(cpuFile, 'utf8'),
    readFile(`${memoryFolder}/memory.usage_in_bytes`, 'utf8'),
    readFile(`${memoryFolder}/memory.stat`, 'utf8'),
  ])
  return { cpuNanos: Number(cpu), memoryBytes: withoutCache(usage, field(stat, 'total_inactive_file')) }
}

async function readV2(cpuFile: string, memoryFolder: string): Promise<CgroupSample> {
  const [cpu, usage, stat] = await Promise.all([
    readFile(cpuFile, 'utf8'),
    readFile(`${memoryFolder}/memory.current`, 'utf8'),
    readFile(`${memoryFolder}/memory.stat`, 'utf8'),
  ])
  return {
    cpuNanos: field(cpu, 'usage_usec') * 1_000,
    memoryBytes: withoutCache(usage, field(stat, 'inactive_file')),
  }
}

function withoutCache(usage: string, cacheBytes: number): number {
  return Math.max(0, Number(usage) - cacheBytes)
}

function field(stat: string, name: string): number {
  const line = stat.split('\n').find((each) => each.startsWith(`${name} `))
  return Number(line?.slice(name.length) ?? 0)
}
