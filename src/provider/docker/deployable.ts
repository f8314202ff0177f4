import type { FunctionSpec } from '../../core/function-spec.ts'
import { checkSpec, containerSpec } from './container-spec.ts'
import type { EngineVersion } from './engine-answers.ts'
import type { ImageFacts, Images } from './images.ts'
import { checkPlatform, emulatedArchitectures } from './platform.ts'
import { pullPolicyOf } from './pull-policy.ts'

/** What finding the image of a function takes. */
export interface ImageSource {
  readonly images: Pick<Images, 'resolve'>
  /** Undefined while the engine has not said what it is. */
  readonly host: () => EngineVersion | undefined
}

/**
 * The image that a function is to run, pulled if its policy says so. The one way to it, at deploy and later: throws what `Images.resolve` throws,
 * and `invalid`, naming the field, when no container could be made of it.
 */
export async function imageFor(
  spec: FunctionSpec,
  signal: AbortSignal,
  source: ImageSource,
): Promise<ImageFacts> {
  // Before a pull that may take minutes: the answer to a deployment does not wait for those.
  checkSpec(spec)
  const image = await source.images.resolve(spec.image, signal, pullPolicyOf(spec.annotations))
  await checkContainer(spec, image, source.host())
  return image
}

async function checkContainer(
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
