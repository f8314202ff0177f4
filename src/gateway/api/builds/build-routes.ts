import { FaasError } from '../../../core/errors.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { textResponse } from '../../shared/error-response.ts'
import { buildStatusAnswer, publicKeyAnswer, type BuildStatusAnswer } from '../../../wire/build-answers.ts'
import { bodyStream } from '../body-stream.ts'
import { endOf } from '../client.ts'
import { json } from '../responses.ts'
import type { Route } from '../route.ts'

/** What this needs of `builds/`. */
export interface Builds {
  /** Whether a build can be asked for with a signature in place of credentials. */
  readonly takesSignatures: boolean
  readonly publicKey: { readonly key_id: string; readonly algorithm: string; readonly public_key: string }
  /** Receives the body. The caller reads `progress` to its end, or ends it. */
  begin(
    body: AsyncIterable<Uint8Array>,
    asked: { readonly signature: string | null; readonly signal: AbortSignal },
  ): Promise<{ readonly image: string; readonly progress: AsyncIterable<BuildStatusAnswer> }>
}

export interface BuildRoutePorts {
  /** Null: images are built elsewhere. */
  readonly builds: Builds | null
}

const LINES = 'application/x-ndjson'
const SIGNATURE = 'x-build-signature'

/** `POST /build` and `GET /publickey`, as `faas-cli --remote-builder` asks for them (cli.md 9.5). */
export function buildRoutes({ builds }: BuildRoutePorts): readonly Route[] {
  if (builds === null) return []
  return [
    {
      method: 'POST',
      path: '/build',
      access: 'admin',
      instead: (c) => builds.takesSignatures && c.req.header(SIGNATURE) !== undefined,
      summary: 'Build an image from a tar archive; one JSON object a line, until it is built or has failed',
      answers: {
        200: 'Progress; the last line says success or failed',
        400: 'Something in the archive is wrong',
        401: 'The signature is wrong',
        409: 'A build of this image is under way',
        413: 'The build context is larger than SAMPAN_BUILD_CONTEXT',
        429: 'As many builds are under way as there may be',
        504: 'The archive did not arrive in time',
      },
      result: buildStatusAnswer,
      resultType: LINES,
      handle: (c) => build(c, builds),
    },
    {
      method: 'GET',
      path: '/publickey',
      access: 'public',
      summary: 'The key that secrets of builds are sealed for',
      answers: { 200: 'PublicKey' },
      result: publicKeyAnswer,
      handle: () => json(builds.publicKey),
    },
  ]
}

async function build(c: ApiContext, builds: Builds): Promise<Response> {
  const body = c.req.raw.body
  if (body === null) throw new FaasError('invalid', 'body: is empty, a tar archive is expected')
  const isSigned = c.get('user') === undefined
  const end = endOf(c)
  try {
    const signature = isSigned ? (c.req.header(SIGNATURE) ?? '') : null
    const { image, progress } = await builds.begin(body, { signature, signal: end.signal })
    if (isSigned) c.set('user', 'signature')
    c.set('subject', image)
    return new Response(bodyStream(progress, { bytesOf: lineOf, onEnd: () => end.abort() }), {
      headers: { 'Content-Type': LINES },
    })
  } catch (error) {
    end.abort()
    // A client whose archive is wrong may still be sending it.
    if (error instanceof FaasError && error.code === 'unauthorized') return textResponse(401, error.message)
    throw error
  }
}

const encoder = new TextEncoder()

function lineOf(status: BuildStatusAnswer): Uint8Array {
  return encoder.encode(`${JSON.stringify(status)}\n`)
}
