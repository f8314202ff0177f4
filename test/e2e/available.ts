import { eventually } from '../fakes/eventually.ts'
import type { DaemonProcess } from './daemon-process.ts'

/** Resolves when exactly `count` replicas of `name` take calls. */
export function whenAvailable(daemon: DaemonProcess, name: string, count: number): Promise<void> {
  return eventually(
    async () => {
      const answer = await daemon.api('GET', `/system/function/${name}`)
      const status = (await answer.json()) as { readonly availableReplicas: number }
      return status.availableReplicas === count
    },
    20_000,
    `${count} replicas of ${name} take calls`,
  )
}
