import { FaasError } from '../../src/core/errors.ts'
import type { PullRequest } from '../../src/provider/docker/engine/pull-request.ts'
import type { ImageFacts } from '../../src/provider/docker/engine/answers.ts'
import type { ImageEngine } from '../../src/provider/docker/images/images.ts'

/** What a registry does when it is asked: null gives the image. */
export type RegistryAnswer = (pull: PullRequest, signal: AbortSignal) => Promise<ImageFacts>

/** An engine with some images and a registry behind it. */
export class FakeImageEngine implements ImageEngine {
  readonly images = new Map<string, ImageFacts>()
  readonly pulls: PullRequest[] = []
  isAway = false
  registry: RegistryAnswer = () => Promise.reject(new Error('dial tcp: connection refused'))

  async inspectImage(idOrRef: string): Promise<ImageFacts | null> {
    if (this.isAway) throw new FaasError('unavailable', 'Docker is not reachable')
    return this.images.get(idOrRef) ?? null
  }

  async pullImage(pull: PullRequest, signal: AbortSignal): Promise<void> {
    if (this.isAway) throw new FaasError('unavailable', 'Docker is not reachable')
    this.pulls.push(pull)
    this.images.set(pull.ref, await this.registry(pull, signal))
  }
}

/** Facts of an image whose id ends in `digit`. */
export function imageFacts(digit: string): ImageFacts {
  return {
    id: `sha256:${digit.repeat(64)}`,
    architecture: 'amd64',
    os: 'linux',
    entrypoint: [],
    cmd: ['/busybox'],
    env: [],
    user: '',
    repoDigests: [`me/fn@sha256:${digit.repeat(64)}`],
  }
}
