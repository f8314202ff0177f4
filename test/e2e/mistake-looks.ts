import type { Place } from '../fixtures/troubleshooting.ts'
import type { Case } from './beginner-mistakes.ts'
import type { DaemonProcess } from './daemon-process.ts'

/** The longest that a look takes, which for a call is the wait for its answer. */
const LOOK_MS = 30_000

/** Makes the mistake; answers what each place shows since. */
export async function commit(
  daemon: DaemonProcess,
  made: Case,
): Promise<Record<Place, () => Promise<string>>> {
  const { name, body, call = name } = made
  const authorization = made.authorization ?? (await daemon.authorization())
  const deploy = await fetch(`${daemon.url}/system/functions`, {
    method: 'POST',
    headers: { authorization },
    body: JSON.stringify({ service: name, ...(await made.slip()) }),
  })
  const answer = `${await said(deploy)}\n${deploy.headers.get('warning') ?? ''}`
  await made.later?.(daemon, name)
  return {
    deploy: () => Promise.resolve(answer),
    describe: () => described(daemon, name),
    logs: () => logs(daemon, name),
    curl: async () => {
      const signal = AbortSignal.timeout(LOOK_MS)
      return said(await daemon.call(call, body === undefined ? { signal } : { method: 'POST', body, signal }))
    },
  }
}

async function said(answer: Response): Promise<string> {
  return `${answer.status} ${await answer.text()}`.trim()
}

/** What `faas-cli describe` prints of how it does. */
async function described(daemon: DaemonProcess, name: string): Promise<string> {
  const answer = await daemon.api('GET', `/system/function/${name}`)
  const { annotations, availableReplicas } = (await answer.json()) as {
    readonly annotations: Readonly<Record<string, string>>
    readonly availableReplicas: number
  }
  const lines = Object.entries(annotations).map(([key, text]) => `${key}: ${text}`)
  return [`Status: ${availableReplicas > 0 ? 'Ready' : 'Not Ready'}`, ...lines].join('\n')
}

async function logs(daemon: DaemonProcess, name: string): Promise<string> {
  const text = await (await daemon.api('GET', `/system/logs?name=${name}&follow=false`)).text()
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => (JSON.parse(line) as { readonly text: string }).text).join('\n')
}
