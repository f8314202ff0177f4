import { Readable } from 'node:stream'
import { BudgetWatch } from '../../src/budget-watch.ts'
import { systemClock } from '../../src/clock.ts'
import { DevControl } from '../../src/control/dev-control.ts'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import { HostNames } from '../../src/core/host-names.ts'
import type { SystemRequest } from '../../src/core/figures.ts'
import { createApp, type AppPorts } from '../../src/gateway/api/app.ts'
import { ScalingEvents } from '../../src/scaler/scaling-events.ts'
import { BodyBudget } from '../../src/gateway/shared/body-budget.ts'
import { FakeLogs } from './fake-logs.ts'
import { FakeFunctions, FakeNamespaces, FakeSecrets } from './fake-control.ts'
import { FakeProvider } from './fake-provider.ts'
import { RecordingLog } from './recording-log.ts'

export const ADMIN = `Basic ${Buffer.from('admin:secret').toString('base64')}`

export type TestApp = ReturnType<typeof testApp>

/** The API on fakes, with every port within reach of the test. */
export function testApp(changes: Partial<AppPorts> = {}) {
  const provider = new FakeProvider()
  const logs = new FakeLogs()
  const namespaces = new FakeNamespaces()
  const functions = new FakeFunctions(provider, namespaces)
  const secrets = new FakeSecrets()
  const stopping = new AbortController()
  const log = new RecordingLog()
  const observed: SystemRequest[] = []
  const counts = new Map<FunctionName, number>()
  const ports: AppPorts = {
    provider,
    logs,
    namespaces: namespaces.control,
    functions,
    dev: new DevControl({ provider, find: (fn) => functions.find(fn) }),
    secrets: secrets.control,
    invocations: (fn) => counts.get(fn) ?? 0,
    functionLabel: false,
    queue: null,
    builds: null,
    backups: { begin: () => Promise.resolve({ bytes: 0, chunks: Readable.from([]), end: () => {} }) },
    doctor: { look: () => Promise.resolve([]) },
    queueStatus: () => null,
    bodies: new BodyBudget(64 * 1024 * 1024, new BudgetWatch(log, systemClock)),
    build: { release: '0.1.0', sha: 'abcdef' },
    metricsPort: () => 8082,
    ui: null,
    credentials: { user: 'admin', password: 'secret' },
    scaling: { mode: 'alert', alertFires: () => undefined, alertEnds: () => undefined },
    events: new ScalingEvents(log, () => systemClock.wall()),
    hostNames: new HostNames({ listenHost: '0.0.0.0', allowed: [] }),
    observe: (request) => observed.push(request),
    clock: systemClock,
    log,
    ...changes,
  }
  const app = createApp(ports)

  /** A request with credentials; objects become JSON. */
  const ask = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    return await app.request(path, {
      method,
      headers: { Authorization: ADMIN },
      ...(text === undefined ? {} : { body: text }),
    })
  }
  return { app, ask, ports, provider, logs, namespaces, functions, secrets, stopping, log, observed, counts }
}
