import { readFile, readdir } from 'node:fs/promises'

/** Linux counts CPU time in ticks of 10 ms on every architecture that Sampan runs on (USER_HZ). */
const TICK_US = 10_000

/** CPU time that the process has used so far, all its threads, in microseconds. */
export async function cpuMicros(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The name, in brackets, may hold anything; utime and stime are fields 14 and 15, counted from 1.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * TICK_US
}

/** Resident memory now, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024
}

/** Direct children, whichever thread started them. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`)
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8')),
  )
  return lists.join(' ').split(' ').filter(Boolean).map(Number)
}

/** CPU microseconds that each of `pids` used while `work` ran, and its result. */
export async function cpuDuring<T, Name extends string>(
  pids: Readonly<Record<Name, number>>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly micros: Readonly<Record<Name, number>> }> {
  const names = Object.keys(pids) as Name[]
  const before = await Promise.all(names.map((name) => cpuMicros(pids[name])))
  const result = await work()
  const after = await Promise.all(names.map((name) => cpuMicros(pids[name])))
  const used = names.map((name, i) => [name, (after[i] ?? 0) - (before[i] ?? 0)] as const)
  return { result, micros: Object.fromEntries(used) as Record<Name, number> }
}
