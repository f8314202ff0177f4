import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'

/** What a restore has checked, and has not yet begun to put into its place. */
export const READY = 'restore.ready'
/** What it puts there now: everything that was there before has left. */
const PLACING = 'restore.placing'

/** What belongs to one state of the daemon: all of it makes room for that of a backup. */
const REPLACED = [
  'registry.db',
  'registry.db-wal',
  'registry.db-shm',
  'calls.db',
  'calls.db-wal',
  'calls.db-shm',
  'secrets.key',
  'basic-auth-password',
  'build.key',
  'spool',
  'nats',
  'nats.restore',
]

/** Whether a restore was interrupted after everything was checked. */
export function isRestorePending(dataDir: string): boolean {
  return existsSync(join(dataDir, READY)) || existsSync(join(dataDir, PLACING))
}

/**
 * Puts what a restore has checked into its place, and what was there into a folder beside it, file by file: the data folder
 * may be a mount, which cannot be renamed. Each step is a rename that can be made again from what is there, so whoever was
 * interrupted calls this once more. Answers the folder with what was there before; null: there was nothing.
 */
export function placeRestored(dataDir: string, nowMs: number): string | null {
  const ready = join(dataDir, READY)
  const placing = join(dataDir, PLACING)
  const before = join(dataDir, `before-restore-${timeOf(nowMs)}`)
  if (existsSync(ready)) {
    // What is there now is the old state still: nothing of the new one is placed before the folder has its next name.
    for (const name of REPLACED.filter((one) => existsSync(join(dataDir, one)))) {
      mkdirSync(before, { recursive: true, mode: 0o700 })
      renameSync(join(dataDir, name), join(before, name))
    }
    renameSync(ready, placing)
  }
  for (const name of readdirSync(placing)) renameSync(join(placing, name), join(dataDir, name))
  rmdirSync(placing)
  return existsSync(before) ? before : null
}

/** E.g. `20261128T120000`, in UTC. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
}
