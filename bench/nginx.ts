import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../test/fakes/eventually.ts'
import { childrenOf } from '../test/fixtures/process-usage.ts'

/** The yardstick: nginx with one worker and kept connections in front of the same function. */
export class Nginx {
  readonly url: string
  readonly #process: ChildProcess
  readonly #folder: string
  #workerPid = 0

  private constructor(url: string, process: ChildProcess, folder: string) {
    this.url = url
    this.#process = process
    this.#folder = folder
  }

  get workerPid(): number {
    return this.#workerPid
  }

  static async start(upstream: string, port: number): Promise<Nginx> {
    const folder = await mkdtemp(join(tmpdir(), 'sampan-nginx-'))
    await mkdir(join(folder, 'tmp'))
    await writeFile(join(folder, 'nginx.conf'), configuration(folder, upstream, port))
    const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], {
      stdio: 'inherit',
    })
    const nginx = new Nginx(`http://127.0.0.1:${port}`, child, folder)
    await eventually(async () => (await fetch(nginx.url)).status < 500, 10_000, 'nginx answers')
    const [worker = 0] = await childrenOf(child.pid ?? 0)
    nginx.#workerPid = worker
    return nginx
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGQUIT')
    await ended
    await rm(this.#folder, { recursive: true, force: true })
  }
}

function configuration(folder: string, upstream: string, port: number): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `
user root;
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/tmp/${name};`).join('\n  ')}
  keepalive_requests 1000000000;
  upstream function { server ${upstream}; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://function;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
    }
  }
}
`
}
