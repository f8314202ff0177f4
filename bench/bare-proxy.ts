import { createServer, type ServerResponse } from 'node:http'
import { Pool, type Dispatcher } from 'undici'

/** The least that a proxy on node:http and undici can do, as a measure for ours: `node bare-proxy.js LISTEN_PORT FUNCTION_PORT`. */
const [listenPort = '9903', functionPort = '9901'] = process.argv.slice(2)
const pool = new Pool(`http://127.0.0.1:${functionPort}`)

class Answer implements Dispatcher.DispatchHandler {
  readonly #res: ServerResponse

  constructor(res: ServerResponse) {
    this.#res = res
  }

  onConnect(): void {}

  onHeaders(status: number, raw: Buffer[]): boolean {
    this.#res.writeHead(
      status,
      raw.map((bytes) => bytes.toString('latin1')),
    )
    return true
  }

  onData(chunk: Buffer): boolean {
    return this.#res.write(chunk)
  }

  onComplete(): void {
    this.#res.end()
  }

  onError(): void {
    this.#res.destroy()
  }
}

const server = createServer((req, res) => {
  const headers: string[] = []
  for (let at = 0; at + 1 < req.rawHeaders.length; at += 2) {
    const name = req.rawHeaders[at] ?? ''
    if (!/^(host|connection)$/i.test(name)) headers.push(name, req.rawHeaders[at + 1] ?? '')
  }
  const method = (req.method ?? 'GET') as Dispatcher.HttpMethod
  pool.dispatch(
    { path: req.url ?? '/', method, headers, body: method === 'POST' ? req : null },
    new Answer(res),
  )
})
server.listen(Number(listenPort), '127.0.0.1')
