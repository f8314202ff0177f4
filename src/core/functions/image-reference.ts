import { FaasError } from '../errors.ts'
import { quoted } from '../quoted.ts'

/** What an image string of a deployment means to an engine. */
export interface ImageReference {
  /**
   * Where it would be pulled from: `docker.io` or `HOST[:PORT]`; empty for an image id, which no registry
   * knows.
   */
  readonly registry: string
  /**
   * It names its registry. Otherwise the default registry is meant, unless an image of that name was built on
   * this host.
   */
  readonly isQualified: boolean
  /** The name without registry, tag and digest; empty for an image id. */
  readonly repository: string
  /**
   * What to ask the engine for: always with a tag or a digest, because a bare name pulls every tag (Engine
   * API, ImageCreate).
   */
  readonly name: string
  /** The content is pinned by its hash: what the engine has under this name can never be out of date. */
  readonly pinned: boolean
}

const IMAGE_ID = /^(?:sha256:)?[0-9a-f]{64}$/
const DIGEST = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/
const TAG = /^\w[\w.-]{0,127}$/
const REPOSITORY = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/
const HOST = /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/

/** The registry that a name without a host means. */
export const DEFAULT_REGISTRY = 'docker.io'

/** Longest image string that is looked at. */
const LONGEST = 512

/** Reads an image string as `docker pull` does; throws `invalid` when it cannot name an image. */
export function parseImageReference(image: string): ImageReference {
  if (image.length > LONGEST) throw invalid(image, `is longer than ${LONGEST} characters`)
  if (IMAGE_ID.test(image))
    return { registry: '', isQualified: true, repository: '', name: image, pinned: true }

  const [path = '', digest, ...rest] = image.split('@')
  const colon = path.lastIndexOf(':')
  const hasTag = colon > path.lastIndexOf('/')
  const repository = hasTag ? path.slice(0, colon) : path
  const tag = hasTag ? path.slice(colon + 1) : 'latest'

  const { registry, remainder } = splitRegistry(repository)
  const isQualified = remainder !== repository
  const fits =
    rest.length === 0 &&
    REPOSITORY.test(remainder) &&
    TAG.test(tag) &&
    (registry === DEFAULT_REGISTRY || HOST.test(registry)) &&
    (digest === undefined || DIGEST.test(digest))
  if (!fits) {
    throw invalid(image, 'is not an image reference such as name:tag or registry/name:tag (lower case)')
  }

  // With a digest the tag says nothing, and old engines do not find name:tag@digest.
  const common = { registry, isQualified, repository: remainder }
  if (digest !== undefined) return { ...common, name: `${repository}@${digest}`, pinned: true }
  return { ...common, name: `${repository}:${tag}`, pinned: false }
}

/** The first part is a host when it looks like one: a dot, a port, or `localhost` (distribution's rule). */
function splitRegistry(repository: string): { readonly registry: string; readonly remainder: string } {
  const slash = repository.indexOf('/')
  const first = slash < 0 ? '' : repository.slice(0, slash)
  const isHost = first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase()
  if (!isHost) return { registry: DEFAULT_REGISTRY, remainder: repository }

  const remainder = repository.slice(slash + 1)
  const isHub = first === 'docker.io' || first === 'index.docker.io'
  return { registry: isHub ? DEFAULT_REGISTRY : first, remainder }
}

function invalid(image: string, problem: string): FaasError {
  return new FaasError('invalid', `image: ${quoted(image, 120)} ${problem}`)
}
