import assert from 'node:assert/strict'
import { eventually } from '../../fakes/eventually.ts'
import type { World } from './world.ts'

interface Listed {
  readonly name: string
  readonly replicas: number
  readonly availableReplicas: number
  readonly status: {
    readonly state: string
    readonly revision: number
    readonly serving: { readonly revision: number } | null
  }
}

const PATIENCE_MS = 90_000

/** Desired equals observed: each function answers with its newest revision, and the engine has what is wanted and nothing else. */
export async function whenSettled(world: World): Promise<void> {
  const { daemon, subjects } = world
  for (const { path } of subjects) {
    await eventually(
      async () => {
        const answer = await daemon.call(path, { method: 'POST', body: 'settled' })
        await answer.text()
        return answer.status === 200
      },
      PATIENCE_MS,
      `${path} answers again`,
    )
  }
  await eventually(() => isSettled(world), PATIENCE_MS, 'what runs is what is wanted')
}

async function isSettled({ daemon, engine, subjects }: World): Promise<boolean> {
  const listed = (await (await daemon.api('GET', '/system/functions')).json()) as readonly Listed[]
  assert.deepEqual(
    listed.map(({ name }) => name).toSorted(),
    subjects.map(({ deployment }) => deployment.service).toSorted(),
  )
  const all = await engine.docker('ps', '-aq', '--filter', `label=com.sampan.instance=${daemon.instance}`)
  const known = await Promise.all(listed.map(({ name }) => containersOf(engine, name)))
  assert.equal(
    all.split('\n').filter((id) => id !== '').length,
    known.flat().length,
    'a container of no function',
  )
  for (const { name, replicas, availableReplicas, status } of listed) {
    const told = JSON.stringify({ name, replicas, availableReplicas, status })
    assert.ok(availableReplicas === replicas, `not as many as wanted: ${told}`)
    assert.ok(status.state === 'ready' || status.state === 'sleeping', `not well: ${told}`)
    if (status.state === 'ready') assert.equal(status.serving?.revision, status.revision, told)
    const containers = await containersOf(engine, name)
    const most = status.state === 'sleeping' ? 3 : replicas
    assert.ok(containers.length <= most, `${containers.length} containers of ${told}`)
    if (status.state === 'ready') assert.deepEqual(containers, Array<string>(replicas).fill('running'), told)
  }
  return true
}

/** States of the containers of a function, whatever they are. */
async function containersOf(engine: World['engine'], name: string): Promise<readonly string[]> {
  const listed = await engine.docker(
    'ps',
    '-a',
    '--filter',
    `label=com.sampan.function=${name}`,
    '--format',
    '{{.State}}',
  )
  return listed.split('\n').filter((state) => state !== '')
}
