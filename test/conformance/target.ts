import assert from 'node:assert/strict'
import { request, type IncomingHttpHeaders } from 'node:http'
import { DaemonProcess, type Environment } from '../e2e/daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'
import { testImage } from '../fixtures/images.ts'
import { Description, type Listener } from '../openapi/description.ts'
import { bodyObjection } from '../openapi/schema-check.ts'

// What the conformance suite talks to: plain HTTP, any server. `docs/conformance.md` lists the variables. Without
// SAMPAN_CONFORMANCE_URL the built daemon is started on the real Docker engine, with stand-ins for the images. Status and body of each answer are
// held against the description that the server gives of itself, if it gives one.

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Sent {
  readonly headers?: Readonly<Record<string, string>>
  /** Objects become JSON. */
  readonly body?: unknown
}

/** Status fields that the suite looks at. */
export interface Status {
  readonly name: string
  readonly replicas: number
  readonly availableReplicas: number
  readonly [field: string]: unknown
}

export class Target {
  readonly url: string
  readonly metricsUrl: string | null
  readonly authorization: string
  /** An image with a shell and a watchdog that forks a process for each call: `functions/alpine` or a stand-in. */
  readonly image: string
  /** An image of a function that answers 302 to every path, or to /redirect. */
  readonly redirector: string
  readonly #stop: () => Promise<void>
  /** Null for a server without one. */
  #description: Description | null = null

  private constructor(
    fields: Pick<Target, 'url' | 'metricsUrl' | 'authorization' | 'image' | 'redirector'>,
    stop: () => Promise<void>,
  ) {
    this.url = fields.url
    this.metricsUrl = fields.metricsUrl
    this.authorization = fields.authorization
    this.image = fields.image
    this.redirector = fields.redirector
    this.#stop = stop
  }

  /** `settings` are those of a daemon of its own. */
  static async open(settings: Environment = {}): Promise<Target> {
    const env = process.env
    const url = env['SAMPAN_CONFORMANCE_URL']
    const target = url === undefined ? await Target.#own(settings) : Target.#other(url, env)
    target.#description = Description.read((await target.send('GET', '/openapi.json')).text)
    return target
  }

  static #other(url: string, env: NodeJS.ProcessEnv): Target {
    const login = `${env['SAMPAN_CONFORMANCE_USER'] ?? 'admin'}:${env['SAMPAN_CONFORMANCE_PASSWORD'] ?? ''}`
    const fields = {
      url: url.replace(/\/$/, ''),
      metricsUrl: env['SAMPAN_CONFORMANCE_METRICS_URL'] ?? null,
      authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      image: env['SAMPAN_CONFORMANCE_IMAGE'] ?? 'functions/alpine:latest',
      redirector: env['SAMPAN_CONFORMANCE_REDIRECTOR'] ?? 'theaxer/redirector:latest',
    }
    return new Target(fields, () => Promise.resolve())
  }

  static async #own(settings: Environment): Promise<Target> {
    const [image, redirector] = await Promise.all([testImage('upstream-classic'), testImage('fn-watchdog')])
    const daemon = await DaemonProcess.start(settings)
    const { url, metricsUrl } = daemon
    const authorization = await daemon.authorization()
    return new Target({ url, metricsUrl, authorization, image, redirector }, () =>
      daemon[Symbol.asyncDispose](),
    )
  }

  /** What the server says of itself, null when it says nothing. */
  get description(): Description | null {
    return this.#description
  }

  /** Removes what the suite may have left and ends a daemon of its own. */
  async close(): Promise<void> {
    await this.#stop()
  }

  /** A request as it is written: nothing is normalised, no redirect followed, no credentials added. */
  send(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    return this.#held('api', [method, path], sent)
  }

  /** The same to the metrics listener. */
  metrics(method: string, path: string): Promise<Answer> {
    return this.#held('metrics', [method, path], {})
  }

  /** Throws when the server answers what its own description does not list. */
  async #held(
    listener: Listener,
    [method, target]: readonly [method: string, target: string],
    sent: Sent,
  ): Promise<Answer> {
    const base = listener === 'api' ? this.url : (this.metricsUrl ?? assert.fail('no metrics URL'))
    const answer = await exchange(base, [method, target], sent)
    const isOurs = answer.headers['x-openfaas-internal'] === 'proxy'
    const { status } = answer
    const asked = { method, target, listener }
    const objection = this.#description?.objection(asked, { status, isOurs }) ?? null
    assert.equal(objection, null, `${objection}\n${answer.text}`)

    const described = this.#description?.find(asked)?.responses[status] ?? {}
    const body = { type: answer.headers['content-type'] ?? '', text: answer.text }
    assert.equal(bodyObjection(described, body), null, `${method} ${target}`)
    return answer
  }

  /** The same with the administrator's credentials. */
  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    const headers = { Authorization: this.authorization }
    return this.send(method, path, body === undefined ? { headers } : { headers, body })
  }

  /** Asks and holds the answer to a status; the text of another one is shown. */
  async expect(
    status: number,
    ask: readonly [method: string, path: string, body?: unknown],
  ): Promise<Answer> {
    const answer = await this.ask(...ask)
    assert.equal(answer.status, status, `${ask[0]} ${ask[1]}: ${answer.text}`)
    return answer
  }

  /** Deploys a function of the suite's image that runs `cat`, with changes, and removes it after `use`. */
  async withFunction(
    fields: Readonly<Record<string, unknown>>,
    use: (name: string) => Promise<void>,
  ): Promise<void> {
    const body = { service: 'conform', image: this.image, envProcess: 'cat', ...fields }
    const namespace = typeof fields['namespace'] === 'string' ? fields['namespace'] : ''
    await this.ask('DELETE', '/system/functions', { functionName: body.service, namespace })
    await this.expect(202, ['POST', '/system/functions', body])
    try {
      await use(body.service)
    } finally {
      await this.ask('DELETE', '/system/functions', { functionName: body.service, namespace })
    }
  }

  async status(name: string, query = ''): Promise<Status> {
    const answer = await this.expect(200, ['GET', `/system/function/${name}${query}`])
    return JSON.parse(answer.text) as Status
  }

  async list(namespace = ''): Promise<readonly Status[]> {
    const answer = await this.expect(200, ['GET', `/system/functions?namespace=${namespace}`])
    return JSON.parse(answer.text) as Status[]
  }

  whenAvailable(name: string, query = ''): Promise<void> {
    return eventually(
      async () => (await this.status(name, query)).availableReplicas > 0,
      60_000,
      `${name} is available`,
    )
  }
}

function exchange(
  base: string,
  [method, path]: readonly [method: string, path: string],
  { headers = {}, body }: Sent,
): Promise<Answer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const chunked = Object.keys(headers).some((name) => name.toLowerCase() === 'transfer-encoding')
  // Node's client gives the body of a DELETE no length by itself.
  const length = text === undefined || chunked ? {} : { 'Content-Length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const ask = request(
      base,
      { method, path, headers: { ...length, ...headers }, agent: false },
      (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    ask.on('error', reject)
    ask.end(text)
  })
}
