import { mkdir, rm, writeFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { FROZEN_MS } from '../test/fixtures/ui/fake-data.ts'
import { overviewRows } from '../test/fixtures/ui/fake-data.ts'
import { signIn, UiRig, type Look } from '../test/fixtures/ui/browser.ts'
import { PLACES } from '../test/fixtures/ui/places.ts'

// Pictures of every page in every state, both themes and both widths, with made-up data and a clock that stands
// still: .build/screens/ with an index. A person looks at them before a release.

const OUT = '.build/screens'
const LOOKS: readonly (Look & { readonly name: string })[] = (['light', 'dark'] as const).flatMap((theme) => [
  { name: `${theme}-wide`, theme, width: 1280, height: 800 },
  { name: `${theme}-narrow`, theme, width: 390, height: 844 },
])

interface Scene {
  readonly name: string
  readonly path: string
  readonly ready: string
  readonly set?: (rig: UiRig) => void
  readonly prepare?: (page: Page) => Promise<void>
}

const STATES: readonly Scene[] = [
  {
    name: 'state-empty',
    path: '/ui/',
    ready: 'Nothing runs here yet',
    set: ({ fake }) => (fake.state.rows = []),
  },
  {
    name: 'state-loading',
    path: '/ui/',
    ready: 'Functions',
    set: ({ fake }) => (fake.state.hangs = /overview|metrics/),
  },
  {
    name: 'state-error',
    path: '/ui/secrets',
    ready: 'Try again',
    set: ({ fake }) => (fake.state.fails = /secrets/),
  },
  {
    name: 'state-old-daemon',
    path: '/ui/',
    ready: 'thumbnail',
    set: ({ fake }) => (fake.state.isOld = true),
  },
  {
    name: 'state-engine-away',
    path: '/ui/',
    ready: 'away',
    set: ({ fake }) => (fake.state.engine = { ok: false, reason: 'cannot connect to the Docker socket' }),
  },
  {
    name: 'state-many',
    path: '/ui/',
    ready: 'thumbnail',
    set: ({ fake }) => (fake.state.rows = overviewRows(1000)),
  },
]

async function picture(page: Page, file: string, scene: Scene): Promise<void> {
  await page.getByText(scene.ready).locator('visible=true').first().waitFor()
  await scene.prepare?.(page)
  await page.screenshot({ path: `${OUT}/${file}.png`, animations: 'disabled' })
}

async function scenes(look: Look & { readonly name: string }, names: string[]): Promise<void> {
  const rig = await UiRig.start()
  const page = await rig.open(look)
  await page.getByLabel('Password').waitFor()
  await page.clock.setFixedTime(FROZEN_MS)
  await page.screenshot({ path: `${OUT}/sign-in-${look.name}.png` })
  names.push(`sign-in-${look.name}`)
  await signIn(page)
  const before = { ...rig.fake.state }
  for (const scene of [...PLACES, ...STATES] as readonly Scene[]) {
    Object.assign(rig.fake.state, before, { tokens: rig.fake.state.tokens })
    scene.set?.(rig)
    rig.fake.changed()
    await page.goto(rig.url + scene.path)
    names.push(`${scene.name}-${look.name}`)
    await picture(page, `${scene.name}-${look.name}`, scene)
  }
  await rig.close()
}

await rm(OUT, { recursive: true, force: true })
await mkdir(OUT, { recursive: true })
const names: string[] = []
for (const look of LOOKS) await scenes(look, names)
const figures = names
  .toSorted()
  .map(
    (name) =>
      `<figure><a href="${name}.png"><img src="${name}.png" width="320" alt=""></a><figcaption>${name}</figcaption></figure>`,
  )
const style =
  'body{font:14px sans-serif;display:flex;flex-wrap:wrap;gap:12px;align-items:end}figure{margin:0}img{border:1px solid #999}'
await writeFile(
  `${OUT}/index.html`,
  `<!doctype html><meta charset="utf-8"><title>Pictures</title><style>${style}</style>${figures.join('\n')}\n`,
)
process.stdout.write(`${names.length} pictures in ${OUT}\n`)
