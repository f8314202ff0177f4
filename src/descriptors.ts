import { readFileSync } from 'node:fs'

/** Taken where the system does not say. */
const USUAL = 65_536

/** Open files and connections that this process may have (proc(5), limits). */
export function descriptorLimit(): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined ? USUAL : Number(soft)
  } catch {
    return USUAL
  }
}
