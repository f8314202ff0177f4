import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { FileChanges } from '../../../core/provider/file-changes.ts'
import { syncAnswer } from '../../../wire/sync-answers.ts'
import { fileChangesIn } from '../../bodies/file-changes.ts'
import { readBytes } from '../../bodies/json-body.ts'
import type { BodyLimit } from '../../shared/body-limit.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { functionFor } from '../request-values.ts'
import { json } from '../responses.ts'
import { NAME, type Route } from '../route.ts'

/** Changes files of functions that somebody works on. */
export interface SyncControl {
  /**
   * Answers the replica that was changed. Throws `invalid` when the namespace does not exist, `not-found`,
   * `conflict` with what is in the way, `unavailable`.
   */
  sync(fn: FunctionName, changes: FileChanges): Promise<string>
}

const SYNC_BODY: BodyLimit = { bytes: 8 * 1024 * 1024, hint: 'build it anew' }

/** `POST /system/function/NAME/sync`. Not of OpenFaaS. */
export function syncRoutes(dev: SyncControl): readonly Route[] {
  return [
    {
      method: 'POST',
      path: `/system/function/:name${NAME}/sync`,
      access: 'admin',
      summary:
        'Change files in the handler folder of a function that is deployed for sampan dev, by a tar archive; .wh.NAME removes NAME',
      query: ['namespace'],
      bodyLimit: SYNC_BODY,
      answers: {
        200: 'SyncResult; the process is started anew',
        400: 'Something in the archive is wrong',
        404: 'No such function',
        409: 'It is not deployed for that, or cannot be changed in place',
        413: 'The archive is too large',
      },
      result: syncAnswer,
      handle: (c) => sync(c, dev),
    },
  ]
}

async function sync(c: ApiContext, dev: SyncControl): Promise<Response> {
  const fn = functionFor(c, c.req.param('name') ?? '')
  const changes = await fileChangesIn(await readBytes(c, SYNC_BODY))
  return json({ replica: await dev.sync(fn, changes) })
}
