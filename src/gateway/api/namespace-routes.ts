import { FaasError } from '../../core/errors.ts'
import type { Namespace } from '../../core/functions/namespace.ts'
import { quoted, shortened } from '../../core/quoted.ts'
import { namespaceAnswer, namespacesAnswer, type NamespaceAnswer } from '../../wire/answer-schemas.ts'
import { readJson, readOptionalJson } from '../bodies/json-body.ts'
import { accepted, empty, json } from './responses.ts'
import type { Route } from './route.ts'
import type { ApiContext } from '../shared/api-context.ts'
import { functionNamespace } from '../../wire/request-schemas.ts'

/** Checks, changes and reads namespaces. */
export interface NamespaceControl {
  /** Default first. */
  list(): readonly string[]
  /** Throws `not-found`. */
  get(name: string): Namespace
  /** Throws `invalid` for a bad name or bad labels, `conflict` when it exists. */
  create(namespace: Namespace): void | Promise<void>
  /** Throws `invalid` for bad labels, `not-found`. */
  update(namespace: Namespace): void | Promise<void>
  /** Throws `not-found`, `conflict` when it is not empty, `invalid` for the default one. */
  remove(name: string): void | Promise<void>
}

/** The name may be missing: `POST /system/namespace/` is how one is created. */
const PATH = '/system/namespace/:name{[A-Za-z0-9_.-]*}'

/** `/system/namespaces` and `/system/namespace/NAME` (http-api 6.9). */
export function namespaceRoutes(namespaces: NamespaceControl): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/system/namespaces',
      access: 'admin',
      summary: 'Names of the namespaces, the default one first',
      answers: { 200: 'string[]' },
      result: namespacesAnswer,
      handle: () => json(namespaces.list()),
    },
    {
      method: 'GET',
      path: PATH,
      access: 'admin',
      summary: 'One namespace',
      answers: { 200: 'FunctionNamespace', 400: 'No name', 404: 'No such namespace' },
      result: namespaceAnswer,
      handle: (c) => json(answerOf(namespaces.get(nameInPath(c)))),
    },
    {
      method: 'POST',
      path: PATH,
      access: 'admin',
      summary: 'Create the namespace that the body names; the path is ignored',
      body: functionNamespace,
      answers: { 201: 'Created', 400: 'Something in the body is wrong', 409: 'It exists' },
      handle: (c) => create(c, namespaces),
    },
    {
      method: 'PUT',
      path: PATH,
      access: 'admin',
      summary: 'Replace labels and annotations',
      body: functionNamespace,
      answers: { 202: 'Accepted', 400: 'Something in the body is wrong', 404: 'No such namespace' },
      handle: (c) => update(c, namespaces),
    },
    {
      method: 'DELETE',
      path: PATH,
      access: 'admin',
      summary: 'Remove an empty namespace',
      body: functionNamespace,
      answers: {
        202: 'Accepted',
        400: 'The default one, or a bad body',
        404: 'No such namespace',
        409: 'Not empty',
      },
      handle: (c) => remove(c, namespaces),
    },
  ]
}

function answerOf({ name, labels, annotations }: Namespace): NamespaceAnswer {
  return { name, labels, annotations }
}

async function create(c: ApiContext, namespaces: NamespaceControl): Promise<Response> {
  const { value } = await readJson(c, functionNamespace)
  c.set('subject', shortened(value.name))
  await namespaces.create(value)
  return empty(201)
}

async function update(c: ApiContext, namespaces: NamespaceControl): Promise<Response> {
  const name = nameInPath(c)
  const { value } = await readJson(c, functionNamespace)
  checkSameName(value.name, name)
  await namespaces.update({ ...value, name })
  return accepted()
}

async function remove(c: ApiContext, namespaces: NamespaceControl): Promise<Response> {
  const name = nameInPath(c)
  const value = await readOptionalJson(c, functionNamespace)
  checkSameName(value.name, name)
  await namespaces.remove(name)
  return accepted()
}

function nameInPath(c: ApiContext): string {
  const name = c.req.param('name') ?? ''
  if (name === '') throw new FaasError('invalid', 'name: is missing in the path')
  c.set('subject', name)
  return name
}

function checkSameName(inBody: string, inPath: string): void {
  if (inBody === '' || inBody === inPath) return
  throw new FaasError('invalid', `name: differs from ${quoted(inPath)} in the path`)
}
