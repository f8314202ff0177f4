import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { mistakes, type Place, PLACES, shows } from '../fixtures/troubleshooting.ts'
import { type Case, CASES, removeImages } from './beginner-mistakes.ts'
import { DaemonProcess } from './daemon-process.ts'

/** Within seconds on a machine that has nothing else to do; the diagnostics say how many it took. */
const PATIENCE_MS = 30_000

describe('docs/troubleshooting.md', () => {
  it('has a section for each mistake that is made here, and no other', () => {
    assert.deepEqual(
      mistakes()
        .map(({ title }) => title)
        .toSorted(),
      Object.keys(CASES).toSorted(),
    )
  })
})

describe(
  'a mistake shows what docs/troubleshooting.md says',
  { skip: await skipWithoutDocker(), concurrency: 6 },
  () => {
    let daemon: DaemonProcess

    before(async () => {
      daemon = await DaemonProcess.start()
    })
    after(async () => {
      await daemon[Symbol.asyncDispose]()
      await removeImages()
    })

    for (const { title, shows: expected } of mistakes()) {
      const made = CASES[title]
      it(`wherever one looks: ${title}`, async (test) => {
        assert.ok(made, 'nobody makes this mistake')
        const look = await commit(daemon, made)
        const startMs = performance.now()
        for (const place of PLACES) {
          if (expected[place].length === 0 || (place === 'curl' && made.isSilent)) continue
          await untilShown(test, { place, lines: expected[place], look: () => look[place](), startMs })
        }
      })
    }
  },
)

interface Look {
  readonly place: Place
  readonly lines: readonly string[]
  readonly look: () => Promise<string>
  readonly startMs: number
}

async function untilShown(test: TestContext, { place, lines, look, startMs }: Look): Promise<void> {
  let seen = ''
  const isShown = async (): Promise<boolean> => {
    seen = await look()
    return lines.every((line) => shows(seen, line))
  }
  try {
    await eventually(isShown, PATIENCE_MS, `${place} shows it`)
  } catch {
    assert.equal(seen, lines.join('\n'), place)
  }
  test.diagnostic(`${place}: ${Math.round(performance.now() - startMs)} ms`)
}

/** Makes the mistake; answers what each place shows since. */
async function commit(daemon: DaemonProcess, made: Case): Promise<Record<Place, () => Promise<string>>> {
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
    curl: async () => said(await daemon.call(call, body === undefined ? {} : { method: 'POST', body })),
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
