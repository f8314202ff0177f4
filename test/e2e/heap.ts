import assert from 'node:assert/strict'
import { WebSocket, type CloseEvent, type MessageEvent } from 'undici'

/** What to start a daemon with so that its heap can be looked at, and what to look at it with. */
export function inspected(port: number): { readonly NODE_OPTIONS: string } {
  return { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` }
}

/** Bytes that are in use after a full collection, asked of the inspector of the process: it has no hook of ours. */
export async function liveHeapBytes(port: number): Promise<number> {
  const listed = await fetch(`http://127.0.0.1:${port}/json/list`)
  const [process] = (await listed.json()) as { readonly webSocketDebuggerUrl: string }[]
  assert.ok(process)
  const socket = new WebSocket(process.webSocketDebuggerUrl)
  await next(socket, 'open')
  try {
    // Twice: what finalizers let go of is found by the second.
    await ask(socket, 'HeapProfiler.collectGarbage')
    await ask(socket, 'HeapProfiler.collectGarbage')
    const { usedSize } = (await ask(socket, 'Runtime.getHeapUsage')) as { readonly usedSize: number }
    return usedSize
  } finally {
    socket.close()
  }
}

async function ask(socket: WebSocket, method: string): Promise<unknown> {
  const answered = next(socket, 'message')
  socket.send(JSON.stringify({ id: 1, method }))
  const { data } = (await answered) as MessageEvent<string>
  const { result, error } = JSON.parse(data) as {
    readonly result?: unknown
    readonly error?: unknown
  }
  assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`)
  return result
}

/** The next event of this type. Rejects when the connection ends instead: `once` of `node:events` does not, for what is an `EventTarget`. */
function next(socket: WebSocket, type: 'open' | 'message'): Promise<Event> {
  return new Promise((resolve, reject) => {
    const end = new AbortController()
    const { signal } = end
    const onEvent = (event: Event): void => {
      end.abort()
      resolve(event)
    }
    const onClose = ({ code }: CloseEvent): void => {
      end.abort()
      reject(new Error(`the inspector's connection closed (${code}) before ${type}`))
    }
    socket.addEventListener(type, onEvent, { signal })
    socket.addEventListener('close', onClose, { signal })
  })
}
