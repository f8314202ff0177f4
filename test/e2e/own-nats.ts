import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { dial, type DialledServer } from '../../src/queue/nats/client.ts'
import { portsOf } from '../../src/queue/nats/server-ports.ts'
import { eventually } from '../fakes/eventually.ts'
import { serversIn } from '../fixtures/nats.ts'
import type { DaemonProcess } from './daemon-process.ts'

/** The nats-server that a daemon started, once it runs. */
export async function natsPid(daemon: DaemonProcess): Promise<number> {
  let found: readonly number[] = []
  await eventually(
    async () => (found = await serversIn(daemon.dataDir)).length === 1,
    20_000,
    'a nats-server runs',
  )
  return found[0] ?? 0
}

/** Kills it. The daemon starts another. */
export async function killNats(daemon: DaemonProcess): Promise<void> {
  process.kill(await natsPid(daemon), 'SIGKILL')
}

/** Messages in each of its streams. */
export async function messagesIn(daemon: DaemonProcess): Promise<Readonly<Record<string, number>>> {
  const { nc, jsm } = await dialNats(daemon)
  try {
    const counts: Record<string, number> = {}
    for await (const { config, state } of jsm.streams.list()) counts[config.name] = state.messages
    return counts
  } finally {
    await nc.close()
  }
}

/** A connection to it, with the daemon's own password. */
export async function dialNats(daemon: DaemonProcess): Promise<DialledServer> {
  const folder = join(daemon.dataDir, 'nats')
  const pid = await natsPid(daemon)
  const within = AbortSignal.timeout(20_000)
  const { url } = await portsOf({ folder: join(folder, 'ports'), pid, clock: systemClock }, within)
  const password = (await readFile(join(folder, 'password'), 'utf8')).trim()
  const server = { url: `nats://sampan:${password}@${new URL(url).host}` }
  return dial(server, { dialLimitMs: 5_000, pingMs: 60_000 })
}
