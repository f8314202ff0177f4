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
  /** Ends the further acceptors, or the attempt to create them. */
  readonly signal: AbortSignal
}

/**
 * Makes a listening `server` accept several connections per turn of the event loop. libuv accepts one per
 * turn and descriptor (since 1.45: Node 20 and later), so in a flood an honest client waits one turn for each
 * newcomer before it, and each turn includes the work of all others. The further acceptors are duplicate
 * descriptors of the same socket. Node cannot duplicate a descriptor, but a handle that was sent to a child
 * process and back is a duplicate; that process ends when this resolves. Rejects when the process cannot be
 * started or ends early; the server then goes on as before.
 */
export async function acceptMore(
  server: Server,
  { count, backlog, take, signal }: MoreAcceptors,
): Promise<void> {
  // The child gets nothing of ours: no settings, no password, no output.
  const child = fork(ECHO, [], {
    execArgv: [],
    env: {},
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    signal,
  })
  // `duplicates` reports the first error; an error event without a listener would end the process.
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
  /** Collects the duplicates as they arrive. */
  readonly found: ListenHandle[]
}

function duplicates(child: ChildProcess, { handle, count, found }: Duplication): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('message', (_message: Serializable, back: SendHandle) => {
      found.push(back as unknown as ListenHandle)
      if (found.length === count) resolve()
    })
    // Also when it exits with 0, but too early.
    void once(child, 'exit').then(([code]) => reject(new Error(`handle-echo ended with ${code}`)), reject)
    // Sends the bare handle, not the server, from which the child would accept connections.
    for (let n = 0; n < count; n += 1) child.send('handle', handle as unknown as SendHandle)
  })
}
