import type { InvocationCount } from '../invoke/invocation-count.ts'
import type { FunctionControl } from '../control/function-control.ts'
import type { Provider } from '../core/provider/provider.ts'
import type { GatewayServer } from '../gateway/gateway-server.ts'
import type { QueueService } from '../queue/queue-service.ts'
import type { Invoker } from '../invoke/invoker.ts'
import type { Scaler } from '../scaler/scaler.ts'

export interface Listening {
  readonly control: FunctionControl
  readonly provider: Provider
  readonly invoker: Invoker
  readonly counts: InvocationCount
  readonly queue: QueueService | null
  readonly gateway: GatewayServer
  readonly scaler: Scaler
}

/**
 * Connects events to listeners: functions added and removed, replicas ready and lost, addresses at which
 * functions reach us.
 */
export function connectEvents(listening: Listening): void {
  const { control, provider, invoker, counts, queue, gateway, scaler } = listening
  control.watch((event) => {
    const { name } = event.fn.spec
    // What waits for it may be made now, or never.
    queue?.queue.reconsider()
    if (event.kind !== 'removed') {
      invoker.routes.add(event.fn)
      scaler.changed(event.fn, event.returnsTo)
    } else {
      scaler.removed(name)
      invoker.remove(name)
      counts.forget(name)
    }
  })
  provider.watch((event) => {
    if (event.kind === 'ready') {
      invoker.routes.setReady(event.fn, event.ready)
      queue?.queue.reconsider()
      control.proof.sawReady(
        event.fn,
        event.ready.map(({ revision }) => revision),
      )
      scaler.noted(event.fn)
    } else if (event.kind === 'setback') scaler.noted(event.fn)
    else if (event.kind === 'lost') invoker.routes.cut(event.replica)
    else if (event.kind === 'scaled') control.follow(event.fn, event.replicas)
    else if (event.kind === 'addresses') gateway.listenOn(event.addresses)
  })
}
