import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { HistoryEntry } from '../../../core/functions/revision-history.ts'
import { revisionsAnswer, rollbackRequest, type RevisionAnswer } from '../../../wire/revision-bodies.ts'
import { readOptionalJson } from '../../bodies/json-body.ts'
import { jsonList } from '../../bodies/json-list.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { withRemarks } from './remarks.ts'
import { functionFor } from '../request-values.ts'
import { accepted } from '../responses.ts'
import { NAME, type Route } from '../route.ts'

/** The kept revisions of functions. */
export interface RevisionControl {
  /** Newest first. Throws `invalid` when the namespace does not exist, `not-found`. */
  revisions(fn: FunctionName): readonly HistoryEntry[]
  /**
   * `wanted` absent: the last good one. Answers what was done otherwise, a sentence each. Throws `not-found`;
   * `invalid`, naming the field.
   */
  rollback(fn: FunctionName, wanted?: number): Promise<readonly string[]>
  /** All but what serves or should. Throws `not-found`. */
  eraseRevisions(fn: FunctionName): void
}

/** `/system/function/NAME/revisions` and `…/rollback`. Not of OpenFaaS. */
export function revisionRoutes(functions: RevisionControl): readonly Route[] {
  return [
    {
      method: 'GET',
      path: `/system/function/:name${NAME}/revisions`,
      access: 'admin',
      summary: 'The last revisions of a function, newest first',
      query: ['namespace'],
      answers: { 200: 'Revision[]', 400: 'No such namespace', 404: 'No such function' },
      result: revisionsAnswer,
      handle: (c) => jsonList(functions.revisions(named(c)), toJson),
    },
    {
      method: 'DELETE',
      path: `/system/function/:name${NAME}/revisions`,
      access: 'admin',
      summary: 'Erase the earlier revisions of a function, but for one that serves in place of the newest',
      query: ['namespace'],
      answers: {
        202: 'Accepted; they are erased',
        400: 'Something in the query is wrong',
        404: 'No such function',
      },
      handle: (c) => {
        functions.eraseRevisions(named(c))
        return accepted()
      },
    },
    {
      method: 'POST',
      path: `/system/function/:name${NAME}/rollback`,
      access: 'admin',
      summary: 'Deploy an earlier revision of a function anew; without a number the last good one',
      query: ['namespace'],
      body: rollbackRequest,
      answers: { 202: 'Accepted', 400: 'Something in the body is wrong', 404: 'No such function' },
      handle: (c) => rollback(c, functions),
    },
  ]
}

async function rollback(c: ApiContext, functions: RevisionControl): Promise<Response> {
  const value = await readOptionalJson(c, rollbackRequest)
  const remarks = await functions.rollback(named(c, value.namespace), value.revision ?? undefined)
  return withRemarks(c, accepted(), remarks)
}

function named(c: ApiContext, namespaceInBody = ''): FunctionName {
  return functionFor(c, c.req.param('name') ?? '', namespaceInBody)
}

function toJson({ deployedAtMs, reason, changed, isDev, ...entry }: HistoryEntry): RevisionAnswer {
  return {
    ...entry,
    createdAt: new Date(deployedAtMs).toISOString(),
    ...(reason === '' ? {} : { reason }),
    ...(changed === null ? {} : { changed }),
    ...(isDev ? { dev: true } : {}),
  }
}
