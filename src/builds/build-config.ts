import { FaasError } from '../core/errors.ts'
import { parseImageReference } from '../core/functions/image-reference.ts'
import { quoted } from '../core/quoted.ts'

/** What `com.openfaas.docker.config` says. */
export interface BuildConfig {
  /** With a tag. */
  readonly image: string
  /** The image without its tag: what one build at a time is made of. */
  readonly name: string
  readonly buildArgs: Readonly<Record<string, string>>
  readonly platforms: readonly string[]
  /** Ours: build without what was built before. */
  readonly noCache: boolean
}

const MOST_ARGS = 200

/** Throws `invalid`, naming the field. */
export function buildConfigIn(text: string): BuildConfig {
  const config = objectIn(text)
  const { image, buildArgs = {}, platforms = [], noCache = false } = config
  if (typeof image !== 'string' || image === '') throw invalid('image: is missing')
  const { name, repository, registry, pinned } = parseImageReference(image)
  if (pinned || repository === '')
    throw invalid(`image: ${quoted(image)} names a content, not what is to be built`)
  if (!isTexts(buildArgs)) throw invalid('buildArgs: must be an object of texts')
  if (Object.keys(buildArgs).length > MOST_ARGS) throw invalid(`buildArgs: are more than ${MOST_ARGS}`)
  if (!Array.isArray(platforms) || !platforms.every((one) => typeof one === 'string'))
    throw invalid('platforms: must be a list of texts')
  return { image: name, name: `${registry}/${repository}`, buildArgs, platforms, noCache: noCache === true }
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>
  } catch (error) {
    throw invalid('is not valid JSON', error)
  }
  throw invalid('must be a JSON object')
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((one) => typeof one === 'string')
  )
}

function invalid(what: string, cause?: unknown): FaasError {
  return new FaasError('invalid', `com.openfaas.docker.config: ${what}`, { cause })
}
