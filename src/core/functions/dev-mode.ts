import { FaasError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import type { StringMap } from './function-spec.ts'

/**
 * Marks a deployment that somebody works on with `sampan dev`, and says where a running container has the
 * handler: `/home/app/function`. Files may be put there while it runs, so what it runs need not be its image.
 */
export const DEV_ANNOTATION = 'com.sampan.dev'

/** The value of a deployment whose handler is compiled: each change is a new image. */
export const DEV_REBUILD = 'rebuild'

const LONGEST = 1_024

/** File systems of the kernel, in which nobody's handler is. */
const OF_THE_KERNEL: ReadonlySet<string> = new Set(['proc', 'sys', 'dev'])

/** Whether somebody works on the function: it has one replica, and is not scaled to zero. */
export function isDev(annotations: StringMap): boolean {
  return (annotations[DEV_ANNOTATION] ?? '') !== ''
}

/** The folder of its containers in which files may be changed; null where there is none. */
export function devFolder(annotations: StringMap): string | null {
  const text = annotations[DEV_ANNOTATION] ?? ''
  return text === '' || text === DEV_REBUILD ? null : text
}

/** Throws `invalid`, naming the annotation. */
export function checkDevAnnotation(annotations: StringMap): void {
  const folder = devFolder(annotations)
  if (folder === null) return
  const [first = 'no', ...names] = folder.split('/')
  const isPath =
    first === '' &&
    names.length > 0 &&
    names.every((name) => name !== '' && name !== '.' && name !== '..') &&
    !OF_THE_KERNEL.has(names[0] ?? '')
  if (isPath && folder.length <= LONGEST && !folder.includes('\0')) return
  throw new FaasError(
    'invalid',
    `annotations.${DEV_ANNOTATION}: ${quoted(folder)} must be the absolute path of a folder, without . and .., or ${DEV_REBUILD}`,
  )
}
