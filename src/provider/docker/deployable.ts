import type { FunctionSpec } from '../../core/function-spec.ts'
import { containerSpec } from './container-spec.ts'
import type { EngineVersion } from './engine-answers.ts'
import type { ImageFacts } from './images.ts'
import { checkPlatform, emulatedArchitectures } from './platform.ts'

/** Throws `invalid`, naming the field, when no container could be made of this: said at deploy, not found out later. */
export async function checkDeployable(
  spec: FunctionSpec,
  image: ImageFacts,
  host: EngineVersion | undefined,
): Promise<void> {
  if (host !== undefined) checkPlatform(image, host, await emulatedArchitectures())
  containerSpec({
    instance: '',
    fn: { spec, revision: 0, replicas: 0, artifact: null, createdAtMs: 0, updatedAtMs: 0 },
    imageRef: image.id,
    image,
    network: { name: '', gateway: '' },
    watchdogFile: '',
    hostCpus: 0,
    mounts: [],
  })
}
