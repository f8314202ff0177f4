import { readFile } from 'node:fs/promises'
import { messageOf } from '../../../core/errors.ts'
import type { SeccompChoice } from '../../../core/host-settings.ts'
import { seccompProfile } from './seccomp-profile.ts'

/**
 * The profile as JSON; null for the engine's own. Throws a sentence for the operator when the file is no
 * profile.
 */
export async function loadSeccompProfile(setting: SeccompChoice): Promise<string | null> {
  switch (setting.use) {
    case 'engine':
      return null
    case 'ours':
      return seccompProfile()
    case 'file':
      return await fromFile(setting.path)
  }
}

/**
 * The engine reads a profile only when a container starts, so a broken one would break every function much
 * later.
 */
async function fromFile(path: string): Promise<string> {
  try {
    const profile: unknown = JSON.parse(await readFile(path, 'utf8'))
    const action: unknown =
      typeof profile === 'object' && profile !== null ? Reflect.get(profile, 'defaultAction') : undefined
    if (typeof action !== 'string') throw new Error('it has no "defaultAction"')
    return JSON.stringify(profile)
  } catch (error) {
    throw new Error(`SAMPAN_SECCOMP_PROFILE: ${path} is no seccomp profile: ${messageOf(error)}`, {
      cause: error,
    })
  }
}
