// npm run bench:templates: what each template that comes with the program costs, on the stand-in bases of the tests. Prints the
// table of docs/templates.md.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { docker } from '../test/fixtures/docker-cli.ts'
import { templateBase } from '../test/fixtures/template-bases.ts'
import { templateImage, TEMPLATES } from '../test/fixtures/template-images.ts'
import { call, statusOf } from '../test/fixtures/template-replica.ts'
import { median } from './table.ts'

const ROUNDS = 5
/** Before the memory is read. */
const CALLS = 100
/** The longest wait for a first answer. */
const MOST_MS = 60_000
const MIB = 2 ** 20

interface Cost {
  readonly startMs: number
  readonly memoryMib: number
}

const folder = await mkdtemp(join(tmpdir(), 'sampan-costs-'))
try {
  console.log(
    '| template | image, beyond its base | first answer | memory of one replica |\n|---|---|---|---|',
  )
  for (const name of Object.keys(TEMPLATES).toSorted()) console.log(await rowOf(name))
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function rowOf(name: string): Promise<string> {
  const kind = TEMPLATES[name]?.base ?? null
  const base = kind === null ? 'scratch' : await templateBase(kind)
  if (base === null) return `| \`${name}\` | this machine has no ${kind} | | |`
  const image = await templateImage(name, { folder: join(folder, name), base })
  // Of `go` and `rust` the result is in an image of its own, which the stand-in makes of nothing or of the same base.
  const layers = await docker('inspect', '--format', '{{join .RootFS.Layers " "}}', image)
  const isOnBase =
    base !== 'scratch' &&
    layers.startsWith(await docker('inspect', '--format', '{{index .RootFS.Layers 0}}', base))
  const bytes = (await sizeOf(image)) - (isOnBase ? await sizeOf(base) : 0)
  const costs: Cost[] = []
  for (let round = 0; round < ROUNDS; round += 1) costs.push(await costOf(image))
  // The best of them: what else the machine does makes none faster.
  const start = Math.min(...costs.map(({ startMs }) => startMs))
  const memory = median(costs.map(({ memoryMib }) => memoryMib))
  return `| \`${name}\` | ${(bytes / 1e6).toFixed(1)} MB | ${Math.round(start)} ms | ${Math.round(memory)} MiB |`
}

async function sizeOf(image: string): Promise<number> {
  return Number(await docker('inspect', '--format', '{{.Size}}', image))
}

/** As the daemon runs it: read-only and without privileges. The clock runs from the start of the container. */
async function costOf(image: string): Promise<Cost> {
  const how = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--env', 'healthcheck_interval=1ms']
  const id = await docker('create', ...how, image)
  try {
    const from = performance.now()
    await docker('start', id)
    const url = `http://${await docker('inspect', '--format', '{{.NetworkSettings.IPAddress}}', id)}:8080/`
    while ((await answered(url)) !== 200)
      if (performance.now() - from > MOST_MS)
        throw new Error(`${image} gives no answer: ${await docker('logs', id)}`)
    const startMs = performance.now() - from
    for (let left = CALLS; left > 0; left -= 1) await answered(url)
    const used = await docker('stats', '--no-stream', '--format', '{{.MemUsage}}', id)
    return { startMs, memoryMib: mibIn(used) }
  } finally {
    await docker('rm', '--force', '--volumes', id)
  }
}

async function answered(url: string): Promise<number> {
  return call(url, 'GET').then(statusOf, () => 0)
}

/** Of Docker's `12.3MiB / 1.9GiB`. */
function mibIn(used: string): number {
  const [, number = '0', unit = 'B'] = /^([\d.]+)([KMG]?i?B)/.exec(used) ?? []
  const bytes = { B: 1, KiB: 1024, MiB: MIB, GiB: 1024 * MIB }[unit] ?? 1
  return (Number(number) * bytes) / MIB
}
