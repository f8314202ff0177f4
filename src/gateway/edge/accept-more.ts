import { fork, type ChildProcess, type Serializable, type SendHandle } from 'node:child_process'
import { once } from 'node:events'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { listenHandleOf, onConnections, type BareConnection, type ListenHandle } from './adopt-socket.ts'

const ECHO = join(import.meta.dirname, 'handle-echo.js')

export interface MoreAcceptors {
  /** How many more. */
  readonly count: number
  /** Connections that the system keeps until they are accepted: that of `server`. */
  readonly backlog: number
  readonly take: (connection: BareConnection) => void
  /** Ends them, or the attempt. */
  readonly signal: AbortSignal
}

/**
 * Has `server`, which listens, accept several connections in a turn of the event loop. libuv accepts one a
 * turn for each descriptor (since 1.45: Node 20 and later), so that in a flood an honest client waits for as
 * many turns as there are newcomers before it, each with all the work of others in it. These are further
 * descriptors of the same socket. Node cannot duplicate one, but what a child process gets and sends back is
 * a duplicate; that process ends when this resolves. Rejects when that process cannot be, or ends early;
 * the server goes on as it was.
 */
export async function acceptMore(
  server: Server,
  { count, backlog, take, signal }: MoreAcceptors,
): Promise<void> {
  // Nothing of ours is for it: no settings, no password, no output.
  const child = fork(ECHO, [], {
    execArgv: [],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    signal,
  })
  // The first one is told by `duplicates`; none may be an event that nobody hears.
  child.on('error', () => {})
  const found: ListenHandle[] = []
  try {
    await duplicates(child, { handle: listenHandleOf(server), count, found })
    signal.throwIfAborted()
  } catch (error) {
    for (const handle of found) handle.close()
    throw error
  } finally {
    child.kill('SIGKILL')
  }
  for (const handle of found) accept(handle, { backlog, take, signal })
}

function accept(handle: ListenHandle, { backlog, take, signal }: Omit<MoreAcceptors, 'count'>): void {
  onConnections(handle, take)
  handle.listen(backlog)
  signal.addEventListener('abort', () => handle.close(), { once: true })
}

interface Duplication {
  readonly handle: ListenHandle
  readonly count: number
  /** Where each is put as it comes. */
  readonly found: ListenHandle[]
}

function duplicates(child: ChildProcess, { handle, count, found }: Duplication): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (_message: Serializable, back: SendHandle) => {
      found.push(back as unknown as ListenHandle)
      if (found.length === count) resolve()
    })
    // Also when it ends well, but early.
    void once(child, 'exit').then(([code]) => reject(new Error(`handle-echo ended with ${code}`)), reject)
    // A bare handle, not the server: the child would accept from that.
    for (let n = 0; n < count; n += 1) child.send('handle', handle as unknown as SendHandle)
  })
}
