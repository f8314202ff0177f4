import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { nameserversIn } from './firewall-rules.ts'

/**
 * The files with the host's name servers. Docker uses the second when the first contains only the address of
 * systemd-resolved.
 */
const RESOLVER_FILES = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf']

export async function hostNameservers(): Promise<readonly string[]> {
  // A missing file contains no servers.
  const texts = await Promise.all(RESOLVER_FILES.map((file) => readFile(file, 'utf8').catch(() => '')))
  return [...new Set(texts.flatMap(nameserversIn))]
}

/** Whether this process sees such an interface. `/sys` would list those of the namespace that mounted it. */
export function hasInterface(name: string): boolean {
  return readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .some((line) => line.trimStart().startsWith(`${name}:`))
}
