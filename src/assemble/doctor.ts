import type { Provider } from '../core/provider/provider.ts'
import { Doctor } from '../doctor/doctor.ts'
import type { QueueService } from '../queue/queue-service.ts'
import type { Base } from './base.ts'

export interface DoctorNeeds {
  readonly provider: Provider
  readonly queue: QueueService | null
}

export function makeDoctor({ config, registry, clock }: Base, { provider, queue }: DoctorNeeds): Doctor {
  const names = () => registry.functions.all().map(({ spec }) => spec.name)
  return new Doctor({
    config,
    clock,
    own: async (signal) => ({
      queue: queue?.link.status() ?? null,
      deadLetters: (await queue?.deadLetters(signal)) ?? null,
      deadLetterLimit: queue?.deadLetterLimit ?? 0,
      spool:
        queue === null
          ? null
          : { usedBytes: queue.queue.stock.spoolBytes, limitBytes: config.asyncSpoolBytes },
      failing: names().filter((fn) => ['failing', 'degraded'].includes(provider.condition(fn)?.state ?? '')),
      functions: names(),
    }),
  })
}
