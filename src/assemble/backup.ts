import { BackupService } from '../backup/backup-service.ts'
import { revisionsOf } from '../core/functions/function-spec.ts'
import type { QueueService } from '../queue/queue-service.ts'
import type { Base } from './base.ts'

export function makeBackups(
  { config, registry, calls, build, clock, log }: Base,
  queue: QueueService | null,
): BackupService {
  const { functions } = registry
  return new BackupService({
    ports: {
      copyRegistry: (path, withSecrets) => registry.copyTo(path, withSecrets),
      queue:
        queue === null
          ? null
          : {
              copyTo: (folder) => queue.copyTo(folder),
              copyBook: (path) => calls?.copyTo(path),
              natsVersion: () => queue.link.status().version,
            },
      images: () =>
        functions.all().flatMap((fn) =>
          revisionsOf(fn).map(({ spec, artifact }) => ({
            image: spec.image,
            artifact,
            functions: [fn.spec.name],
          })),
        ),
    },
    dataDir: config.dataDir,
    instance: config.instance,
    build,
    clock,
    log,
  })
}
