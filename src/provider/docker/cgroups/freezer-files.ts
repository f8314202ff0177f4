/** The files of one cgroup by which the kernel freezes its processes. */
export interface FreezerFiles {
  readonly version: 'v1' | 'v2'
  /** The folder of the cgroup. */
  readonly folder: string
}

/** How one version of cgroups is told, and tells, that processes are frozen. */
export interface FreezerWords {
  /** Written to freeze and to thaw. */
  readonly file: string
  readonly freeze: string
  readonly thaw: string
  /** Whether the content of `file` says that a freeze was asked for, done or not. */
  readonly isAsked: (content: string) => boolean
  /** The file that tells when every process is frozen, and whether its content says so. */
  readonly resultFile: string
  readonly isDone: (content: string) => boolean
}

export const WORDS: Readonly<Record<FreezerFiles['version'], FreezerWords>> = {
  v1: {
    file: 'freezer.state',
    freeze: 'FROZEN',
    thaw: 'THAWED',
    // FREEZING while some process has not stopped yet.
    isAsked: (content) => !content.startsWith('THAWED'),
    resultFile: 'freezer.state',
    isDone: (content) => content.startsWith('FROZEN'),
  },
  v2: {
    file: 'cgroup.freeze',
    freeze: '1',
    thaw: '0',
    isAsked: (content) => content.startsWith('1'),
    resultFile: 'cgroup.events',
    isDone: (content) => /^frozen 1$/m.test(content),
  },
}

/** Path of a cgroup below the root, with `ID` in place of the container's id. */
export interface Place {
  readonly version: FreezerFiles['version']
  readonly pattern: string
}

/**
 * The place of the container's cgroup from `/proc/PID/cgroup` of one of its processes; `v1` where that has a
 * freezer. Null when the path does not name the container: the process is another's by now, or this daemon
 * sees a part of the tree only. Pure.
 */
export function placeOf(procCgroup: string, id: string): Place | null {
  const lines = procCgroup.split('\n').map((line) => /^\d+:([^:]*):(\/.*)$/.exec(line))
  const found = lines.flatMap((match): Place[] => {
    const [, controllers = '', path = ''] = match ?? []
    if (!path.includes(id) || path.includes('/../')) return []
    const pattern = ofContainer(path, id)
    if (controllers.split(',').includes('freezer')) return [{ version: 'v1', pattern: `freezer/${pattern}` }]
    return controllers === '' ? [{ version: 'v2', pattern }] : []
  })
  return found.find(({ version }) => version === 'v1') ?? found[0] ?? null
}

/**
 * Up to the folder that has the container's name. Its first process may be in one below it, beside others of
 * the container: Podman makes one, and so does an init system in the container.
 */
function ofContainer(path: string, id: string): string {
  const end = path.indexOf('/', path.indexOf(id))
  return path.slice(1, end < 0 ? undefined : end).replace(id, 'ID')
}
