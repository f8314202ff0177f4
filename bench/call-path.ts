import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'

/**
 * For work on the call path: CPU time of the gateway process per call, ours and a bare proxy in turn within one run, because only their
 * ratio means something on a shared machine. Needs `wrk`. `node call-path.js [ROUNDS] [SECONDS] [CONNECTIONS]`
 */
const [rounds = '5', seconds = '3', connections = '16'] = process.argv.slice(2)
const FUNCTION_PORT = '9901'
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

if (process.argv[2] === 'function') serveFunction()
else await measure()

function serveFunction(): void {
  const server = createServer((_req, res) => {
    res.writeHead(200, [
      'Content-Type',
      'text/plain',
      'X-Duration-Seconds',
      '0.000123',
      'Content-Length',
      '6',
    ])
    res.end('hello\n')
  })
  server.listen(Number(FUNCTION_PORT), '127.0.0.1')
}

async function measure(): Promise<void> {
  const children = [start('call-path.js', 'function')]
  const proxies = [
    { name: 'bare', port: '9903', child: start('bare-proxy.js', '9903', FUNCTION_PORT) },
    { name: 'ours', port: '9902', child: start('call-path-gateway.js', '9902', FUNCTION_PORT) },
  ]
  children.push(...proxies.map(({ child }) => child))
  try {
    for (const { port } of proxies) await answering(port)
    for (const { port } of proxies) load(port)
    for (let round = 0; round < Number(rounds); round += 1) {
      const [bare = 0, ours = 0] = proxies.map(({ child, port }) => microsecondsPerCall(child, port))
      console.log(
        `bare ${bare.toFixed(1)}  ours ${ours.toFixed(1)} µs CPU a call, ratio ${(ours / bare).toFixed(2)}`,
      )
    }
  } finally {
    for (const child of children) child.kill()
    await Promise.all(children.map((child) => once(child, 'exit')))
  }
}

function start(file: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [fileURLToPath(new URL(file, import.meta.url)), ...args], {
    stdio: 'inherit',
  })
}

async function answering(port: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isUp = await fetch(`http://127.0.0.1:${port}/function/hello`).then(
      (response) => response.ok,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing answers at port ${port}`)
}

/** Answers the number of calls. */
function load(port: string): number {
  const url = `http://127.0.0.1:${port}/function/hello`
  const report = execFileSync('wrk', ['-t1', `-c${connections}`, `-d${seconds}s`, url], { encoding: 'utf8' })
  if (/Non-2xx|Socket errors/.test(report)) throw new Error(report)
  return Number(/(\d+) requests in/.exec(report)?.[1])
}

function microsecondsPerCall(child: ChildProcess, port: string): number {
  const before = cpuTicks(child)
  const calls = load(port)
  return ((cpuTicks(child) - before) / TICKS_PER_SECOND / calls) * 1e6
}

/** User and system time of a process (proc(5), fields 14 and 15 of `stat`). */
function cpuTicks({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return Number(fields[11]) + Number(fields[12])
}
