import type { SecretRef } from '../../core/functions/secret-name.ts'
import { secretsAnswer, type SecretEntry } from '../../wire/answer-schemas.ts'
import { MAX_SECRET_BYTES } from '../../core/functions/secret-value.ts'
import { mebibytes, type BodyLimit } from '../shared/body-limit.ts'
import { readJson } from '../bodies/json-body.ts'
import { namespaceFor } from './request-values.ts'
import { accepted, json } from './responses.ts'
import type { Route } from './route.ts'
import type { ApiContext } from '../shared/api-context.ts'
import { secretBody, secretName } from '../../wire/request-schemas.ts'

/** The implementation checks names. Values go in and never come out. */
export interface SecretControl {
  /** Throws `invalid` when there is no such namespace. */
  list(namespace: string): readonly SecretRef[]
  /** Throws `invalid` for a bad name, value or namespace, `conflict` when it exists. */
  create(secret: SecretRef, value: Uint8Array): void | Promise<void>
  /** Throws `not-found`. */
  update(secret: SecretRef, value: Uint8Array): void | Promise<void>
  /** Throws `not-found`, or `conflict` while functions use it. */
  remove(secret: SecretRef): void | Promise<void>
}

const PATH = '/system/secrets'

/** Enough for the largest value even when JSON needs six characters per byte. */
const SECRET_BODY: BodyLimit = {
  bytes: 8 * MAX_SECRET_BYTES,
  hint: `the value of a secret may have at most ${MAX_SECRET_BYTES} bytes (${mebibytes(MAX_SECRET_BYTES)} MiB)`,
}

/** `/system/secrets` (http-api 6.8). */
export function secretRoutes(secrets: SecretControl): readonly Route[] {
  return [
    {
      method: 'GET',
      path: PATH,
      access: 'admin',
      summary: 'Names of the secrets of a namespace; never values',
      query: ['namespace'],
      answers: { 200: 'Secret[] without values', 400: 'No such namespace' },
      result: secretsAnswer,
      handle: (c) => json(secrets.list(namespaceFor(c)).map(entryOf)),
    },
    {
      method: 'POST',
      path: PATH,
      access: 'admin',
      summary: 'Create a secret from rawValue (base64) or, when that is empty, value',
      query: ['namespace'],
      body: secretBody,
      bodyLimit: SECRET_BODY,
      answers: { 202: 'Accepted', 400: 'Something in the body is wrong', 409: 'It exists' },
      handle: (c) => store(c, (secret, value) => secrets.create(secret, value)),
    },
    {
      method: 'PUT',
      path: PATH,
      access: 'admin',
      summary: 'Replace the value of a secret',
      query: ['namespace'],
      body: secretBody,
      bodyLimit: SECRET_BODY,
      answers: { 202: 'Accepted', 400: 'Something in the body is wrong', 404: 'No such secret' },
      handle: (c) => store(c, (secret, value) => secrets.update(secret, value)),
    },
    {
      method: 'DELETE',
      path: PATH,
      access: 'admin',
      summary: 'Remove a secret',
      query: ['namespace'],
      body: secretName,
      answers: {
        202: 'Accepted',
        400: 'Something in the body is wrong',
        404: 'No such secret',
        409: 'Functions use it; the text names them',
      },
      handle: (c) => remove(c, secrets),
    },
  ]
}

/** Only the names, whatever else the store returns. */
function entryOf({ name, namespace }: SecretRef): SecretEntry {
  return { name, namespace }
}

async function store(
  c: ApiContext,
  put: (secret: SecretRef, value: Uint8Array) => void | Promise<void>,
): Promise<Response> {
  const { value } = await readJson(c, secretBody, SECRET_BODY)
  const raw = Buffer.from(value.rawValue, 'base64')
  await put(identify(c, value), raw.length > 0 ? raw : Buffer.from(value.value, 'utf8'))
  return accepted()
}

async function remove(c: ApiContext, secrets: SecretControl): Promise<Response> {
  const { value } = await readJson(c, secretName)
  await secrets.remove(identify(c, value))
  return accepted()
}

function identify(c: ApiContext, body: SecretRef): SecretRef {
  const secret = { name: body.name, namespace: namespaceFor(c, body.namespace) }
  c.set('subject', `${secret.namespace}/${secret.name}`.slice(0, 320))
  return secret
}
