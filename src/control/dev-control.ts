import { FaasError } from '../core/errors.ts'
import { DEV_ANNOTATION, devFolder, isDev } from '../core/functions/dev-mode.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { DeployedFunction } from '../core/functions/function-spec.ts'
import type { FileChanges } from '../core/provider/file-changes.ts'
import type { Provider } from '../core/provider/provider.ts'

export interface DevControlPorts {
  /** Throws `invalid` when the namespace does not exist, `not-found`. */
  readonly find: (fn: FunctionName) => DeployedFunction
  readonly provider: Pick<Provider, 'changeFiles'>
}

/**
 * Decides whether the files of a running function may be changed: only where its deployment says that somebody
 * works on it, since everything else runs what its image has.
 */
export class DevControl {
  readonly #ports: DevControlPorts

  constructor(ports: DevControlPorts) {
    this.#ports = ports
  }

  /**
   * Changes files and has the function's process started anew; answers the replica that was changed. Desired
   * state stays as it is: a new replica is made of the image. Throws as `find`; `conflict` with what is in the
   * way; what `Provider.changeFiles` throws.
   */
  async sync(name: FunctionName, changes: FileChanges): Promise<string> {
    const { find, provider } = this.#ports
    const fn = find(name)
    const folder = devFolder(fn.spec.annotations)
    if (provider.changeFiles === undefined) throw conflict(name, 'this provider does not change files')
    if (folder === null) throw conflict(name, whyNot(fn))
    if (fn.spec.readOnlyRootFilesystem) throw conflict(name, 'its root is read-only (readOnlyRootFilesystem)')
    if (fn.replicas !== 1)
      throw conflict(
        name,
        `it has ${fn.replicas} replicas, and only a single one can be changed: scale it to 1`,
      )
    return await provider.changeFiles(fn, folder, changes)
  }
}

function whyNot({ spec }: DeployedFunction): string {
  return isDev(spec.annotations)
    ? `its annotation ${DEV_ANNOTATION} says that it is built anew for each change`
    : `it is no deployment of "sampan dev" (annotation ${DEV_ANNOTATION}), and what is deployed for good runs what its image has`
}

function conflict(fn: FunctionName, why: string): FaasError {
  return new FaasError('conflict', `function ${fn} cannot be changed in place: ${why}`)
}
