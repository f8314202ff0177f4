import { systemClock } from '../src/clock.ts'
import { functionName } from '../src/core/functions/function-name.ts'
import { shareDescriptors } from '../src/core/calls/capacity.ts'
import { HostNames } from '../src/core/host-names.ts'
import type { Replica } from '../src/core/provider/replica.ts'
import { descriptorLimit } from '../src/descriptors.ts'
import { GatewayServer } from '../src/gateway/gateway-server.ts'
import { InvokeRoutes } from '../src/gateway/calls/invoke-routes.ts'
import { Invoker } from '../src/invoke/invoker.ts'
import { jsonLog } from '../src/log.ts'
import { deployed } from '../test/fixtures/deployed.ts'

/** The call path alone, without a provider: `node call-path-gateway.js LISTEN_PORT FUNCTION_PORT`. */
const [listenPort = '9902', functionPort = '9901'] = process.argv.slice(2)
const clock = systemClock
const log = jsonLog('info', (line) => process.stderr.write(line))
const fn = functionName('hello')
const replica: Replica = {
  id: 'r1',
  fn,
  revision: 1,
  state: 'ready',
  host: '127.0.0.1',
  port: Number(functionPort),
  sinceMs: 0,
}
const capacity = shareDescriptors(descriptorLimit(), {
  connections: 10_000,
  connectionsPerClient: null,
  calls: 2_000,
  callsPerFunction: 1_000,
})
const hostNames = new HostNames({ listenHost: '127.0.0.1', allowed: [] })
const invoker = new Invoker({
  ports: {
    wantAwake: () => undefined,
    whenReady: () => Promise.resolve(replica),
    suspect: () => undefined,
    fate: () => Promise.resolve(''),
    obstacle: () => '',
  },
  limits: { upstreamMs: 60_000, writeMs: 60_000, wakeMs: 30_000, waiting: 100, maxHeaderBytes: 65_536 },
  capacity,
  edge: { keepOddNames: false, mayForward: () => true, answersTo: (host) => hostNames.includes(host) },
  product: 'bench',
  clock,
  log,
})
invoker.routes.add(deployed({ spec: { name: fn } }))
invoker.routes.setReady(fn, [replica])
const server = new GatewayServer(
  {
    calls: new InvokeRoutes({ calls: invoker, product: 'bench', clock, log }),
    api: () => new Response('none', { status: 404 }),
    clock,
    log,
  },
  {
    listen: { host: '127.0.0.1', port: Number(listenPort) },
    functionPort: 0,
    readTimeoutMs: 60_000,
    halfClosedMs: 5_000,
    limits: {
      headBytes: 65_536,
      allHeadsBytes: 8 * 2 ** 20,
      allBodiesBytes: 64 * 2 ** 20,
      connections: { most: capacity.connections, mostPerClient: capacity.connectionsPerClient },
    },
  },
)
await server.start()
