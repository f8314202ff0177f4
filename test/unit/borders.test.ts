import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'

// The linter guards the folder borders. This lints a small tree with one offence per file, under the real
// configuration, so that a border which no longer fires fails here instead of going unnoticed.

const IMPORTS = 'no-restricted-imports'

/** Path, the offending code, the rule that must fire. */
const OFFENCES: readonly (readonly [string, string, string])[] = [
  ['ui/pages/uses-node.ts', `import 'node:fs'`, IMPORTS],
  ['ui/pages/uses-a-library.ts', `import a from 'hono'; a()`, IMPORTS],
  ['ui/pages/uses-the-daemon.ts', `import { a } from '../../src/log.ts'; a()`, IMPORTS],
  ['src/core/uses-node.ts', `import 'node:fs'`, IMPORTS],
  ['src/core/uses-a-leaf.ts', `import { a } from '../log.ts'; a()`, IMPORTS],
  ['src/core/re-exports.ts', `export { a } from '../log.ts'`, IMPORTS],
  ['src/core/uses-a-library.ts', `import a from 'hono'; a()`, IMPORTS],
  ['src/core/uses-a-room.ts', `import { a } from './functions/a.ts'; a()`, IMPORTS],
  ['src/core/functions/uses-calls.ts', `import { a } from '../calls/a.ts'; a()`, IMPORTS],
  ['src/core/provider/uses-scaling.ts', `import { a } from '../scaling/a.ts'; a()`, IMPORTS],
  ['src/core/calls/uses-scaling.ts', `import { a } from '../scaling/a.ts'; a()`, IMPORTS],
  ['src/core/scaling/uses-calls.ts', `import { a } from '../calls/a.ts'; a()`, IMPORTS],
  ['src/core/scaling/uses-a-leaf.ts', `import { a } from '../../log.ts'; a()`, IMPORTS],
  ['src/registry/calls/uses-functions.ts', `import { a } from '../function-store.ts'; a()`, IMPORTS],
  ['src/registry/uses-calls.ts', `import { a } from './calls/call-store.ts'; a()`, IMPORTS],
  ['src/queue/run/lanes/uses-the-runner.ts', `import { a } from '../job-runner.ts'; a()`, IMPORTS],
  ['src/invoke/headers/uses-the-invoker.ts', `import { a } from '../invoker.ts'; a()`, IMPORTS],
  ['src/invoke/waiting/uses-forward.ts', `import { a } from '../forward.ts'; a()`, IMPORTS],
  ['src/gateway/api/functions/uses-logs.ts', `import { a } from '../logs/a.ts'; a()`, IMPORTS],
  ['src/gateway/api/logs/uses-queue.ts', `import { a } from '../queue/a.ts'; a()`, IMPORTS],
  ['src/gateway/api/queue/uses-calls.ts', `import { a } from '../../calls/http-call.ts'; a()`, IMPORTS],
  ['src/gateway/api/description/uses-functions.ts', `import { a } from '../functions/a.ts'; a()`, IMPORTS],
  ['src/wire/uses-the-gateway.ts', `import { a } from '../gateway/shared/body-limit.ts'; a()`, IMPORTS],
  ['src/builds/uses-an-engine.ts', `import { a } from '../provider/docker/engine/a.ts'; a()`, IMPORTS],
  ['src/sealing/uses-a-leaf.ts', `import { a } from '../log.ts'; a()`, IMPORTS],
  ['src/provider/docker/in-place/uses-an-engine.ts', `import { a } from '../engine/engine.ts'; a()`, IMPORTS],
  ['src/provider/docker/builds/uses-replicas.ts', `import { a } from '../replicas/a.ts'; a()`, IMPORTS],
  ['src/gateway/api/builds/uses-functions.ts', `import { a } from '../functions/a.ts'; a()`, IMPORTS],
  ['src/cli/build/uses-builds.ts', `import { a } from '../../builds/a.ts'; a()`, IMPORTS],
  ['src/wire/uses-node.ts', `import 'node:fs'`, IMPORTS],
  ['src/wire/names-a-leaf.ts', `import type { A } from '../log.ts'; export type B = A`, IMPORTS],
  ['src/wire/runs-core.ts', `import { a } from '../core/a.ts'; a()`, IMPORTS],
  ['src/cli/functions/uses-the-daemon.ts', `import { a } from '../../control/a.ts'; a()`, IMPORTS],
  ['src/doctor/uses-the-registry.ts', `import { a } from '../registry/database.ts'; a()`, IMPORTS],
  ['src/doctor/checks/reads-files.ts', `import 'node:fs'`, IMPORTS],
  ['src/doctor/gather/uses-sqlite.ts', `import { a } from '../../registry/database.ts'; a()`, IMPORTS],
  ['src/backup/uses-the-queue.ts', `import { a } from '../queue/queue-service.ts'; a()`, IMPORTS],
  ['src/cli/uses-docker.ts', `import A from 'dockerode'; new A()`, IMPORTS],
  ['src/log.ts', `import { a } from './gateway/app.ts'; a()`, IMPORTS],
  ['src/clock.ts', `import { a } from 'prom-client'; a()`, IMPORTS],
  ['src/daemon-like.ts', `import { a } from './config/settings.ts'; a()`, IMPORTS],
  ['src/control/uses-settings.ts', `import { a } from '../config/settings.ts'; a()`, IMPORTS],
  ['src/config/uses-node.ts', `import 'node:fs'`, IMPORTS],
  ['src/config/uses-a-feature.ts', `import { a } from '../control/a.ts'; a()`, IMPORTS],
  ['src/config/reads-environment.ts', `export const a = process.env['A']`, 'no-process-env'],
  [
    'src/control/uses-registry.ts',
    `import type { A } from '../registry/database.ts'; export type B = A`,
    IMPORTS,
  ],
  ['src/queue/callbacks/uses-a-room.ts', `import { a } from '../nats/a.ts'; a()`, IMPORTS],
  ['src/queue/callbacks/uses-a-library.ts', `import { request } from 'undici'; void request('')`, IMPORTS],
  ['src/registry/uses-control.ts', `import { a } from '../control/a.ts'; a()`, IMPORTS],
  ['src/registry/other-file-uses-sqlite.ts', `import A from 'better-sqlite3'; new A('')`, IMPORTS],
  ['src/invoke/uses-gateway.ts', `import { a } from '../gateway/app.ts'; a()`, IMPORTS],
  ['src/invoke/uses-provider.ts', `import { a } from '../provider/docker/engine.ts'; a()`, IMPORTS],
  ['src/invoke/uses-daemon.ts', `import { a } from '../daemon.ts'; a()`, IMPORTS],
  ['src/invoke/uses-a-library.ts', `import { request } from 'undici'; void request('')`, IMPORTS],
  ['src/invoke/http1/uses-invoke.ts', `import { a } from '../invoker.ts'; a()`, IMPORTS],
  ['src/gateway/uses-undici.ts', `import { request } from 'undici'; void request('')`, IMPORTS],
  [
    'src/wire/describes.ts',
    `import { toJsonSchema } from '@valibot/to-json-schema'; toJsonSchema()`,
    IMPORTS,
  ],
  ['src/gateway/uses-invoke.ts', `import { a } from '../invoke/a.ts'; a()`, IMPORTS],
  ['src/gateway/uses-dockerode.ts', `import A from 'dockerode'; new A()`, IMPORTS],
  ['src/gateway/uses-a-route.ts', `import { a } from './api/log-routes.ts'; a()`, IMPORTS],
  ['src/gateway/api/uses-calls.ts', `import { a } from '../calls/http-call.ts'; a()`, IMPORTS],
  ['src/gateway/api/uses-the-gate.ts', `import { a } from '../login/login-gate.ts'; a()`, IMPORTS],
  ['src/gateway/bodies/uses-api.ts', `import { a } from '../api/route.ts'; a()`, IMPORTS],
  ['src/gateway/calls/uses-hono.ts', `import { Hono } from 'hono'; new Hono()`, IMPORTS],
  ['src/gateway/calls/uses-api.ts', `import { a } from '../api/route.ts'; a()`, IMPORTS],
  ['src/gateway/edge/uses-calls.ts', `import { a } from '../calls/http-call.ts'; a()`, IMPORTS],
  ['src/gateway/edge/budgets/uses-edge.ts', `import { a } from '../listener.ts'; a()`, IMPORTS],
  ['src/gateway/edge/intake/uses-edge.ts', `import { a } from '../exchange.ts'; a()`, IMPORTS],
  ['src/gateway/login/uses-shared.ts', `import { a } from '../shared/call-routes.ts'; a()`, IMPORTS],
  ['src/gateway/shared/uses-bodies.ts', `import { a } from '../bodies/json-body.ts'; a()`, IMPORTS],
  ['src/provider/docker/uses-registry.ts', `import { a } from '../../registry/database.ts'; a()`, IMPORTS],
  ['src/provider/docker/engine/uses-images.ts', `import { a } from '../images/pull.ts'; a()`, IMPORTS],
  ['src/provider/docker/images/uses-dockerode.ts', `import A from 'dockerode'; new A()`, IMPORTS],
  ['src/provider/docker/images/uses-container.ts', `import { a } from '../container/probe.ts'; a()`, IMPORTS],
  ['src/provider/docker/container/uses-engine.ts', `import { a } from '../engine/engine.ts'; a()`, IMPORTS],
  [
    'src/provider/docker/belongings/uses-replicas.ts',
    `import { a } from '../replicas/observer.ts'; a()`,
    IMPORTS,
  ],
  ['src/provider/docker/host/uses-replicas.ts', `import { a } from '../replicas/observer.ts'; a()`, IMPORTS],
  [
    'src/provider/docker/replicas/uses-readiness.ts',
    `import { a } from '../readiness/outlook.ts'; a()`,
    IMPORTS,
  ],
  [
    'src/provider/docker/readiness/uses-maker.ts',
    `import { a } from '../replicas/replica-maker.ts'; a()`,
    IMPORTS,
  ],
  [
    'src/provider/docker/logs/uses-replicas.ts',
    `import { a } from '../replicas/replica-table.ts'; a()`,
    IMPORTS,
  ],
  ['src/queue/uses-invoke.ts', `import { a } from '../invoke/a.ts'; a()`, IMPORTS],
  ['src/queue/uses-the-server.ts', `import { a } from './nats/server-process.ts'; a()`, IMPORTS],
  ['src/queue/uses-the-registry.ts', `import { a } from '../registry/a.ts'; a()`, IMPORTS],
  ['src/queue/nats/uses-the-queue.ts', `import { a } from '../a.ts'; a()`, IMPORTS],
  ['src/queue/nats/uses-metrics.ts', `import { a } from '../../metrics.ts'; a()`, IMPORTS],
  ['src/queue/nats/uses-settings.ts', `import { a } from '../../config.ts'; a()`, IMPORTS],
  ['src/queue/nats/uses-a-library.ts', `import { Hono } from 'hono'; new Hono()`, IMPORTS],
  ['src/invoke/uses-nats.ts', `import { connect } from '@nats-io/transport-node'; void connect()`, IMPORTS],
  ['src/provider/docker/logs/uses-history.ts', `import { a } from '../../../logs/merge.ts'; a()`, IMPORTS],
  [
    'src/provider/docker/cgroups/uses-replicas.ts',
    `import { a } from '../replicas/observer.ts'; a()`,
    IMPORTS,
  ],
  ['src/provider/docker/usage/uses-logs.ts', `import { a } from '../logs/decoder.ts'; a()`, IMPORTS],
  ['src/provider/docker/uses-logs.ts', `import { a } from '../../logs/function-logs.ts'; a()`, IMPORTS],
  [
    'src/logs/uses-the-provider.ts',
    `import type { A } from '../provider/docker/docker-provider.ts'; export type B = A`,
    IMPORTS,
  ],
  ['src/logs/uses-the-gateway.ts', `import { a } from '../gateway/api/logs/log-routes.ts'; a()`, IMPORTS],
  ['src/logs/uses-a-library.ts', `import A from 'dockerode'; new A()`, IMPORTS],
  ['src/gateway/api/uses-logs.ts', `import { a } from '../../logs/function-logs.ts'; a()`, IMPORTS],
  ['src/assemble/passes-the-door.ts', `import { a } from '../logs/history.ts'; a()`, IMPORTS],
  ['src/scaler/uses-invoke.ts', `import { a } from '../invoke/in-flight.ts'; a()`, IMPORTS],
  [
    'src/scaler/uses-control.ts',
    `import type { A } from '../control/function-control.ts'; export type B = A`,
    IMPORTS,
  ],
  [
    'src/scaler/uses-the-provider.ts',
    `import { a } from '../provider/docker/docker-provider.ts'; a()`,
    IMPORTS,
  ],
  ['src/assemble/passes-the-door-of-scaler.ts', `import { a } from '../scaler/idler.ts'; a()`, IMPORTS],
  ['src/work/uses-the-gateway.ts', `import { a } from '../gateway/gateway-server.ts'; a()`, IMPORTS],
  ['src/provider/docker/uses-a-provider.ts', `import { a } from '../swarm/a.ts'; a()`, IMPORTS],
  ['src/provider/docker/uses-dockerode.ts', `import A from 'dockerode'; new A()`, IMPORTS],
  ['src/provider/docker/uses-prom-client.ts', `import { a } from 'prom-client'; a()`, IMPORTS],
  ['src/daemon.ts', `import A from 'dockerode'; new A()`, IMPORTS],
  ['src/main.ts', `import { a } from './gateway/app.ts'; a()`, IMPORTS],
  ['src/gateway/reads-environment.ts', `export const a = process.env['A']`, 'no-process-env'],
  ['src/gateway/reads-time.ts', `export const a = Date.now()`, 'no-restricted-properties'],
  ['src/gateway/sets-timer.ts', `setTimeout(() => {}, 1)`, 'no-restricted-globals'],
  [
    'src/invoke/cycle-one.ts',
    `import { b } from './cycle-two.ts'; export const a = (): unknown => b`,
    'no-cycle',
  ],
  [
    'src/invoke/cycle-two.ts',
    `import { a } from './cycle-one.ts'; export const b = (): unknown => a`,
    'no-cycle',
  ],
  ['src/invoke/floats.ts', `const a = async (): Promise<void> => {}; a()`, 'no-floating-promises'],
  ['src/invoke/any.ts', `export const a = (b: any): unknown => b`, 'no-explicit-any'],
  ['src/invoke/default.ts', `export default 1`, 'no-default-export'],
  [
    'src/invoke/params.ts',
    `export const a = (b: 1, c: 1, d: 1, e: 1): unknown => [b, c, d, e]`,
    'max-params',
  ],
  ['src/invoke/long-file.ts', 'export {}\n'.repeat(301), 'max-lines'],
  [
    'src/invoke/long-function.ts',
    `export function a() {\n${'void 0\n'.repeat(60)}}`,
    'max-lines-per-function',
  ],
  ['test/unit/floats.test.ts', `const a = async (): Promise<void> => {}; a()`, 'no-floating-promises'],
]

/** What must stay allowed: each library at home, leaves and core from a feature, unawaited `it`. */
const ALLOWED: readonly (readonly [string, string])[] = [
  ['src/config.ts', `import { a } from './config/a.ts'; export const b = [process.env['A'], a]`],
  ['src/config/a.ts', `import { parse } from 'valibot'; import { a } from '../core/a.ts'; parse(a, a)`],
  ['src/metrics.ts', `import { a } from 'prom-client'; a()`],
  ['src/registry/database.ts', `import A from 'better-sqlite3'; new A('')`],
  [
    'src/wire/a.ts',
    `import { parse } from 'valibot'; import type { A } from '../core/a.ts'; export const a = (b: A): unknown => parse(b, b)`,
  ],
  [
    'src/provider/docker/engine/transport.ts',
    `import A from 'dockerode'; import { a } from '../../../core/a.ts'; new A(a)`,
  ],
  [
    'src/queue/callbacks/a.ts',
    `import { request } from 'node:https'; import { b } from '../../work/limiter.ts'; request(b)`,
  ],
  [
    'src/invoke/connection.ts',
    `import { connect } from 'node:net'; import { b } from '../log.ts'; connect(b)`,
  ],
  [
    'src/queue/nats/client.ts',
    `import { connect } from '@nats-io/transport-node'; import { a } from '../../work/a.ts'; void connect(a)`,
  ],
  ['src/scaler/host.ts', `import { a } from 'node:os'; import { b } from '../core/b.ts'; a(b)`],
  ['src/queue/worker.ts', `import { a } from './nats/link.ts'; import { b } from '../metrics.ts'; a(b)`],
  [
    'src/gateway/api/app.ts',
    `import { Hono } from 'hono'; import { readFile } from 'node:fs/promises'; new Hono(readFile)`,
  ],
  [
    'test/unit/a.test.ts',
    `import { describe, it } from 'node:test'; describe('a', () => { it('b', () => {}) })`,
  ],
]

interface Diagnostic {
  readonly filename: string
  readonly code?: string
}

describe('lint borders', () => {
  const root = resolve('.')
  let tree = ''
  let found: readonly Diagnostic[] = []

  before(async () => {
    tree = await mkdtemp(join(tmpdir(), 'sampan-borders-'))
    await cp(join(root, '.oxlintrc.json'), join(tree, '.oxlintrc.json'))
    await cp(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'))
    await symlink(join(root, 'node_modules'), join(tree, 'node_modules'))
    for (const [path, code] of [...OFFENCES, ...ALLOWED]) {
      await mkdir(dirname(join(tree, path)), { recursive: true })
      await writeFile(join(tree, path), `${code}\n`)
    }
    found = await lint(tree)
  })

  after(() => rm(tree, { recursive: true, force: true }))

  for (const [path, , rule] of OFFENCES) {
    it(`${rule} fires in ${path}`, () => {
      const codes = found.filter((one) => one.filename === path).map((one) => one.code ?? '')
      assert.ok(
        codes.some((code) => code.includes(`(${rule})`)),
        `${path}: found ${JSON.stringify(codes)}`,
      )
    })
  }

  for (const [path] of ALLOWED) {
    it(`allows ${path}`, () => {
      assert.deepEqual(
        found.filter((one) => one.filename === path),
        [],
      )
    })
  }
})

/** Oxlint ends with 1 when it finds something, which is what is wanted here. */
async function lint(cwd: string): Promise<readonly Diagnostic[]> {
  const bin = join(cwd, 'node_modules/.bin/oxlint')
  const run = promisify(execFile)(bin, ['--type-aware', '-f', 'json', 'src', 'test', 'ui'], { cwd })
  const { stdout } = await run.catch((error: { stdout: string }) => error)
  return (JSON.parse(stdout) as { diagnostics: Diagnostic[] }).diagnostics
}
