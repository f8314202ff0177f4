import type { ApiContext } from '../shared/api-context.ts'
import { bodyStream } from './body-stream.ts'
import { queryValue, saysYes } from './request-values.ts'
import type { Route } from './route.ts'

/** What this needs of `backup/`. */
export interface Backups {
  begin(withSecrets: boolean): Promise<{
    readonly bytes: number
    readonly chunks: AsyncIterable<Uint8Array>
    readonly end: () => void
  }>
}

export interface BackupRoutePorts {
  readonly backups: Backups
}

const TAR = 'application/x-tar'

/** A change in the sense of the audit: every secret may leave the host. */
export function backupRoutes({ backups }: BackupRoutePorts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/system/backup',
      access: 'admin',
      summary:
        'A tar archive of everything that is kept, as it is now; without_secrets leaves out keys, password and secrets',
      query: ['without_secrets'],
      answers: {
        200: 'The archive; its first file, manifest.json, has the sums of the others',
        429: 'Another one is being made or sent',
        503: 'The disk is full, or the calls that wait cannot be read; the text says which',
      },
      resultType: TAR,
      handle: (c) => backup(c, backups),
    },
  ]
}

async function backup(c: ApiContext, backups: Backups): Promise<Response> {
  const { bytes, chunks, end } = await backups.begin(!saysYes(queryValue(c, 'without_secrets')))
  if (c.req.raw.signal.aborted) end()
  return new Response(bodyStream(chunks, { bytesOf: (chunk) => chunk, onEnd: end }), {
    headers: {
      'Content-Type': TAR,
      'Content-Length': String(bytes),
      'Content-Disposition': 'attachment; filename="sampan-backup.tar"',
      'Cache-Control': 'no-store',
    },
  })
}
