import { request } from 'node:http'
import { connect } from 'node:net'
import { systemClock } from '../src/clock.ts'

/** Calls over a connection of its own; resolves when a whole answer with status 200 is there. */
export function answerOf(host: string, port: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, agent: false }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) resolve()
        else reject(new Error(`status ${answer.statusCode}`))
      })
    })
    sent.on('error', reject).end()
  })
}

/** The same container, made and started by the engine's API alone, until it answers. */
export async function handMade(
  id: string,
): Promise<{ start: () => Promise<void>; end: () => Promise<unknown> }> {
  const seen = (await engine('GET', `/containers/${id}/json`)) as Inspected
  const [network = ''] = Object.keys(seen.NetworkSettings.Networks)
  const labels = Object.fromEntries(
    Object.entries(seen.Config.Labels).filter(([label]) => !label.startsWith('com.sampan.')),
  )
  const body = {
    ...seen.Config,
    Hostname: '',
    Labels: labels,
    HostConfig: seen.HostConfig,
    NetworkingConfig: { EndpointsConfig: { [network]: {} } },
  }
  let made = ''
  return {
    start: async () => {
      made = ((await engine('POST', '/containers/create', body)) as { Id: string }).Id
      await engine('POST', `/containers/${made}/start`)
      const { NetworkSettings } = (await engine('GET', `/containers/${made}/json`)) as Inspected
      const address = NetworkSettings.Networks[network]?.IPAddress ?? ''
      while (!(await isOpen(address))) await systemClock.sleep(1)
      for (;;) {
        const isAnswered = await answerOf(address, 8080, '/status/200?body=hello').then(
          () => true,
          () => false,
        )
        if (isAnswered) return
      }
    },
    end: () => engine('DELETE', `/containers/${made}?force=true&v=true`),
  }
}

interface Inspected {
  readonly Config: { readonly Labels: Readonly<Record<string, string>> }
  readonly HostConfig: object
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> }
}

function isOpen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 8080 })
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false))
    socket.on('connect', () => socket.destroy())
  })
}

function engine(method: string, path: string, body?: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body)
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }
    const sent = request(
      { socketPath: '/var/run/docker.sock', method, path: `/v1.41${path}`, headers },
      (answer) => {
        let said = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
        answer.on('end', () => {
          if ((answer.statusCode ?? 500) >= 300) reject(new Error(said))
          else resolve(said === '' ? null : JSON.parse(said))
        })
      },
    )
    sent.on('error', reject).end(text)
  })
}
