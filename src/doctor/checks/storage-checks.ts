import type { FolderFacts } from '../facts.ts'
import { bad, type Check, ok, sizeOf, warn, type Verdict } from '../check.ts'

const MIB = 2 ** 20

/** Magic numbers of file systems (statfs(2)). */
const TMPFS = new Set([0x01021994, 0x858458f6])
const UNSAFE: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x4d44, 'FAT'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x2011bab0, 'exFAT'],
])
const OVERLAY = 0x794c7630

/** Below these a data folder is in trouble. */
const LITTLE_BYTES = 500 * MIB
const NONE_BYTES = 50 * MIB
/** Of an engine's disk. */
const FULL_SHARE = 0.9

export const STORAGE_CHECKS: readonly Check[] = [
  { name: 'data-folder', look: ({ data, machine }) => ofDataFolder(data, machine.isContainer) },
  {
    name: 'data-disk',
    look: ({ data: { path, uid, freeBytes, freeInodes, totalInodes } }) => {
      if (uid === null) return null
      const text = `${sizeOf(freeBytes)} free where ${path} is`
      const fix = `What takes room: sudo du -xh --max-depth=2 ${path} | sort -h | tail; docker image prune`
      if (freeBytes < NONE_BYTES)
        return bad({ text, meaning: 'Deployments and asynchronous calls are refused.', fix })
      if (freeBytes < LITTLE_BYTES)
        return warn({ text, meaning: 'Soon deployments and asynchronous calls are refused.', fix })
      if (totalInodes > 0 && freeInodes < 1_000)
        return warn({
          text: `${freeInodes} files more fit where ${path} is`,
          meaning: 'Soon no file can be made there.',
          fix,
        })
      return ok(text)
    },
  },
  {
    name: 'registry',
    look: ({ kept: { registryVersion, knownVersion, registryCopies }, data }) => {
      if (registryVersion === null) return null
      if (registryVersion <= knownVersion) return ok(`version ${registryVersion}`)
      const copy = registryCopies.at(-1)
      return bad({
        text: `${data.path}/registry.db is of version ${registryVersion}, this program knows ${knownVersion}`,
        meaning: 'A newer Sampan wrote it: the daemon does not start.',
        fix:
          copy === undefined
            ? 'Install the newer Sampan again, or restore a backup made before: sampan restore FILE --replace'
            : `Install the newer Sampan again, or go back, without what was changed since: mv ${data.path}/${copy} ${data.path}/registry.db && rm -f ${data.path}/registry.db-wal`,
      })
    },
  },
  {
    name: 'key',
    look: ({ kept: { keyBytes, registryVersion }, data }) => {
      if (keyBytes === 32) return ok('there')
      if (keyBytes === null && registryVersion === null) return null
      const text =
        keyBytes === null
          ? `${data.path}/secrets.key is missing`
          : `${data.path}/secrets.key is no key of 32 bytes`
      return bad({
        text,
        meaning: 'Secrets of functions cannot be opened: the daemon does not start when there are any.',
        fix: 'Put the key of the same backup back: sampan restore FILE --replace',
      })
    },
  },
  {
    name: 'runtime-folder',
    look: ({ runtime }) => {
      if (runtime === null || runtime.uid === null) return null
      return TMPFS.has(runtime.fileSystem)
        ? ok(`${runtime.path}, in memory`)
        : warn({
            text: `${runtime.path} is on a disk`,
            meaning: 'Secrets of running functions are written to it.',
            fix: 'Set SAMPAN_RUNTIME_DIR=/run/sampan in /etc/sampan/sampan.env, then: sudo systemctl restart sampan',
          })
    },
  },
  {
    name: 'engine-disk',
    look: ({ engineDisk }) => {
      if (engineDisk === null || engineDisk.totalBytes === 0) return null
      const used = 1 - engineDisk.freeBytes / engineDisk.totalBytes
      const text = `${engineDisk.path}: ${Math.round(used * 100)} % used, ${sizeOf(engineDisk.freeBytes)} free`
      return used < FULL_SHARE || engineDisk.freeBytes > 20 * 1024 * MIB
        ? ok(text)
        : warn({
            text,
            meaning: 'Images cannot be pulled or built when it is full.',
            fix: 'docker image prune   and, where many were built: docker builder prune',
          })
    },
  },
]

function ofDataFolder(data: FolderFacts, isContainer: boolean): Verdict {
  const { path, uid, mode, fileSystem, isWritable } = data
  if (uid === null)
    return bad({
      text: `${path} is not there`,
      meaning: 'The daemon makes it if it may; where a disk is to be mounted, it is not.',
      fix: `sudo install -d -m 0700 -o sampan -g sampan ${path}   or correct SAMPAN_DATA_DIR`,
    })
  const unsafe = UNSAFE.get(fileSystem)
  if (unsafe !== undefined)
    return bad({
      text: `${path} is on ${unsafe}`,
      meaning: 'Locks and writes there are not safe enough for the registry.',
      fix: 'Set SAMPAN_DATA_DIR to a folder on a local disk (ext4, xfs, btrfs).',
    })
  if (fileSystem === OVERLAY && isContainer)
    return warn({
      text: `${path} is in the container itself`,
      meaning: 'It is lost with the container.',
      fix: `Mount a volume there: docker run -v sampan-data:${path} …`,
    })
  if (TMPFS.has(fileSystem))
    return warn({
      text: `${path} is in memory`,
      meaning: 'Everything is lost when the machine restarts.',
      fix: 'Set SAMPAN_DATA_DIR to a folder on a disk.',
    })
  if (!isWritable)
    return bad({
      text: `${path} belongs to user ${uid}, and this one may not write there`,
      meaning: 'The daemon cannot start as this user.',
      fix: `sudo chown -R sampan:sampan ${path}`,
    })
  if ((mode & 0o077) !== 0)
    return warn({
      text: `${path} has mode ${(mode & 0o777).toString(8)}`,
      meaning: 'Other users may look for keys and passwords in it.',
      fix: `sudo chmod 0700 ${path}`,
    })
  return ok(path)
}
