import { statfs } from 'node:fs/promises'
import type { Session } from '../session.ts'
import { engineFolder } from './docker-command.ts'
import { failed, type Finding, ok, warning } from './finding.ts'

const MIB = 1024 * 1024

/** Below that a build with a usual base image may not fit. */
const LITTLE_BYTES = 2_048 * MIB
/** Below that nothing works. */
const NONE_BYTES = 100 * MIB

/** Room in the working folder, and where images are when that is on this machine. */
export async function diskFindings(session: Session): Promise<readonly Finding[]> {
  const folders = [session.cwd, await engineFolder(session)].filter((folder) => folder !== '')
  const found = await Promise.all(folders.map(ofFolder))
  return found.filter((finding) => finding !== null)
}

/** Null for a folder of another machine, or one that this user may not look at. */
async function ofFolder(folder: string): Promise<Finding | null> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return judged(folder, bavail * bsize)
  } catch {
    return null
  }
}

export function judged(folder: string, freeBytes: number): Finding {
  const text = `${sizeOf(freeBytes)} free in ${folder}`
  const hint = 'What Docker no longer needs: docker system df, docker image prune'
  if (freeBytes < NONE_BYTES) return failed('disk', text, hint)
  return freeBytes < LITTLE_BYTES ? warning('disk', text, hint) : ok('disk', text)
}

function sizeOf(bytes: number): string {
  return bytes < 1024 * MIB ? `${Math.floor(bytes / MIB)} MiB` : `${(bytes / MIB / 1024).toFixed(1)} GiB`
}
