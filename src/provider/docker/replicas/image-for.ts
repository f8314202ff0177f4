import type { FunctionSpec } from '../../../core/functions/function-spec.ts'
import { type Confinement, UNKNOWN_ABILITIES } from '../container/confinement.ts'
import { checkImage, checkSpec, type HostLimits } from '../container/container-spec.ts'
import type { EngineVersion, ImageFacts } from '../engine/answers.ts'
import type { Images } from '../images/images.ts'
import { checkPlatform, emulatedArchitectures } from '../images/platform.ts'
import { pullPolicyOf } from '../images/pull-policy.ts'

/** The parts that finding an image needs. */
export interface ImageSource {
  readonly images: Pick<Images, 'resolve'>
  /** Undefined while the engine has not said what it is. */
  readonly host: () => EngineVersion | undefined
  readonly confinement: Confinement
}

/**
 * The image that a function is to run, pulled if its policy says so. Deploys and later rounds both come here.
 * Throws what `Images.resolve` throws, and `invalid`, naming the field, when no container can be created
 * from it.
 */
export async function imageFor(
  spec: FunctionSpec,
  signal: AbortSignal,
  source: ImageSource,
): Promise<ImageFacts> {
  // Checked before the pull, which may take minutes: the answer to a deployment does not wait for that.
  const limits = hostLimits(source.confinement, source.host())
  checkSpec(spec, limits)
  const image = await source.images.resolve(spec.image, signal, pullPolicyOf(spec.annotations))
  const host = source.host()
  if (host !== undefined) checkPlatform(image, host, await emulatedArchitectures())
  checkImage(spec, image)
  return image
}

/** The limits of the host, as far as known. */
export function hostLimits(confinement: Confinement, host: EngineVersion | undefined): HostLimits {
  return { confinement, hostCpus: host?.cpus ?? 0, abilities: host?.abilities ?? UNKNOWN_ABILITIES }
}
