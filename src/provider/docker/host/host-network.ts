import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { nameserversIn } from './firewall-rules.ts'

/**
 * Where the host names its servers for names. Docker takes the second when the first names only
 * systemd-resolved's own address.
 */
const RESOLVER_FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']

export async function hostNameservers(): Promise<readonly string[]> {
  // One that does not exist names none.
  const texts = await Promise.all(RESOLVER_FILES.map((file) => readFile(file, 'utf8').catch(() => '')))
  return [...new Set(texts.flatMap(nameserversIn))]
}

/**
 * Whether there is such an interface where this process runs. Below `/sys` are those of whoever mounted it.
 */
export function hasInterface(name: string): boolean {
  return readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .some((line) => line.trimStart().startsWith(`${name}:`))
}
