import { createServer } from 'node:http'
import { systemClock } from '../src/clock.ts'
import { functionName } from '../src/core/function-name.ts'
import type { Replica } from '../src/core/replica.ts'
import { InvokeRoutes } from '../src/gateway/invoke-routes.ts'
import { Invoker } from '../src/invoke/invoker.ts'
import { jsonLog } from '../src/log.ts'

/** The call path alone, without a provider: `node call-path-gateway.js LISTEN_PORT FUNCTION_PORT`. */
const [listenPort = '9902', functionPort = '9901'] = process.argv.slice(2)
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
const invoker = new Invoker({
  ports: { wantAwake: () => undefined, whenReady: () => Promise.resolve(replica), suspect: () => undefined },
  clock: systemClock,
  limits: { upstreamMs: 60_000, writeMs: 60_000, wakeMs: 30_000, maxHeaderBytes: 65_536 },
  version: 'bench',
})
invoker.routes.add(fn)
invoker.routes.setReady(fn, [replica])
const log = jsonLog('info', (line) => process.stderr.write(line))
const routes = new InvokeRoutes({ calls: invoker, clock: systemClock, log, version: 'bench' })
const server = createServer((req, res) => routes.handle(req, res))
server.on('checkContinue', (req, res) => routes.handleContinue(req, res))
server.listen(Number(listenPort), '127.0.0.1')
