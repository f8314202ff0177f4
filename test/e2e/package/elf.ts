import { closeSync, openSync, readSync } from 'node:fs'

/** `e_machine` of an ELF header (elf(5)). */
const MACHINES: Readonly<Record<number, string>> = { 40: 'arm', 62: 'amd64', 183: 'arm64' }

/** The architecture of a program or library, in Go's words; null for other files. */
export function elfArch(path: string): string | null {
  const header = Buffer.alloc(20)
  const file = openSync(path, 'r')
  try {
    if (readSync(file, header, 0, header.length, 0) < header.length) return null
  } finally {
    closeSync(file)
  }
  if (header.toString('latin1', 0, 4) !== '\x7fELF') return null
  const machine = header.readUInt16LE(18)
  return MACHINES[machine] ?? String(machine)
}
