import { getIfThere } from './api.ts'
import type { StoreEntry } from './wire.ts'

interface Listing {
  readonly functions?: readonly StoreEntry[]
}

/** What the daemon offers; the list that comes with it where it has no route of its own for this page. */
export async function loadStore(signal: AbortSignal): Promise<readonly StoreEntry[]> {
  const listing =
    (await getIfThere<Listing | readonly StoreEntry[]>('/system/store', { signal })) ??
    (await getIfThere<Listing>('/store/functions.json', { signal })) ??
    {}
  return 'functions' in listing ? (listing.functions ?? []) : Array.isArray(listing) ? listing : []
}

/** Words of the store for what the daemon calls an architecture. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  amd64: ['x86_64', 'amd64'],
  x86_64: ['x86_64', 'amd64'],
  x64: ['x86_64', 'amd64'],
  arm64: ['arm64', 'aarch64'],
  aarch64: ['arm64', 'aarch64'],
  arm: ['armhf', 'arm'],
}

/** Undefined when there is none for this host. Any, when the host does not say what it is. */
export function imageFor({ images = {} }: StoreEntry, arch: string | undefined): string | undefined {
  if (arch === undefined) return Object.values(images)[0]
  const name = (NAMES[arch] ?? [arch]).find((word) => images[word] !== undefined)
  return name === undefined ? undefined : images[name]
}
