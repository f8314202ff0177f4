import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock, type Clock } from '../../src/clock.ts'
import { HostNames } from '../../src/core/host-names.ts'
import type { AppPorts } from '../../src/gateway/api/app.ts'
import { createUiApp, withCommonHeaders } from '../../src/gateway/api/ui-app.ts'
import { Site } from '../../src/gateway/api/ui/site.ts'
import { BasicAuth } from '../../src/gateway/login/auth.ts'
import { SessionTable } from '../../src/gateway/login/session-table.ts'
import { UiServer } from '../../src/gateway/ui-server.ts'
import { testApp } from './test-app.ts'

/** Files of a page, by name. */
export const PAGE: Readonly<Record<string, string>> = {
  'index.html': '<!doctype html><title>page</title>',
  'app-4F7Q2ABC.js': 'console.log(1)',
  'app-4F7Q2ABC.js.br': 'as brotli',
  'app-4F7Q2ABC.js.gz': 'as gzip',
  'frame.html': '<script>onmessage = 1</script>',
  'logo.svg': '<svg/>',
  'notes.private': 'no type',
}

export interface UiRigOptions {
  readonly files?: Readonly<Record<string, string>>
  readonly clock?: Clock
  readonly url?: string
  /** Whether the operator chose the address. */
  readonly isChosen?: boolean
  readonly ports?: Partial<AppPorts>
}

/** The listener of the web page on a free port, over the API on fakes. */
export async function uiRig(options: UiRigOptions = {}) {
  const { files = PAGE, clock = systemClock, url, isChosen = true, ports = {} } = options
  const folder = await mkdtemp(join(tmpdir(), 'sampan-site-'))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const site = new Site(folder)
  const api = testApp({ ui: { port: () => server.port, isLocal: true, url: url ?? null }, ...ports })
  const sessions = new SessionTable(clock)
  const app = createUiApp({
    api: api.ports,
    auth: new BasicAuth(api.ports.credentials, clock),
    uiHostNames: new HostNames({ listenHost: '127.0.0.1', allowed: [] }),
    sessions,
    site,
  })
  const server: UiServer = new UiServer(
    {
      api: async (request, env) => withCommonHeaders(await app.fetch(request, env), site),
      load: () => site.load(),
      clock: systemClock,
      log: api.log,
    },
    {
      listen: { host: '127.0.0.1', port: 0 },
      isChosen,
      headBytes: 65_536,
      readTimeoutMs: 10_000,
      halfClosedMs: 10_000,
    },
  )
  const bound = await server.start()
  const base = `http://127.0.0.1:${bound?.port ?? 0}`
  const signIn = async (password = 'secret'): Promise<Response> =>
    fetch(`${base}/ui/session`, { method: 'POST', body: JSON.stringify({ user: 'admin', password }) })
  return {
    ...api,
    base,
    port: bound?.port ?? 0,
    sessions,
    server,
    signIn,
    /** The token of a new session. */
    token: async (): Promise<string> => ((await (await signIn()).json()) as { token: string }).token,
    close: async (): Promise<void> => {
      await server.stop()
      await rm(folder, { recursive: true })
    },
  }
}

export type UiRig = Awaited<ReturnType<typeof uiRig>>
