/** What a host has for replicas. */
export interface HostRoom {
  readonly cores: number
  /** Memory that the limits of all running replicas may add up to. */
  readonly memoryBytes: number
}

/** Replicas of one function that make sense on a host, for each of its cores. */
const REPLICAS_PER_CORE = 4

/** Kept for the system and for the daemon: a fifth of the memory and this. */
const RESERVED_BYTES = 256 * 2 ** 20

/** Counted for a replica whose function names no memory limit. */
export const USUAL_REPLICA_BYTES = 128 * 2 ** 20

/** Memory for replicas on a host with this much. */
export function replicaMemory(totalBytes: number): number {
  return Math.max(0, Math.floor(totalBytes * 0.8) - RESERVED_BYTES)
}

/** Below this part of the memory it is short. */
const SHORT_OF_MEMORY = 0.1

/** So little is left that frozen replicas give theirs up, and load adds none. Pure. */
export function isShortOfMemory(availableBytes: number, totalBytes: number): boolean {
  return availableBytes < SHORT_OF_MEMORY * totalBytes
}

/** A function that asks for room, and what the others have taken. */
export interface RoomRequest {
  /** It is limited by the processor: more replicas than cores are of no use. */
  readonly isCpuBound: boolean
  /** Memory of one replica. */
  readonly replicaBytes: number
  /** Memory of all replicas of other functions. */
  readonly othersBytes: number
}

/** Replicas of a function that the host has room for. Pure. */
export function roomFor(host: HostRoom, { isCpuBound, replicaBytes, othersBytes }: RoomRequest): number {
  const byMemory = Math.floor((host.memoryBytes - othersBytes) / replicaBytes)
  const byCores = isCpuBound ? host.cores : REPLICAS_PER_CORE * host.cores
  return Math.max(0, Math.min(byCores, byMemory))
}
