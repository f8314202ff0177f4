import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { mistakes, type Place, PLACES, shows } from '../fixtures/troubleshooting.ts'
import { CASES, removeImages } from './beginner-mistakes.ts'
import { DaemonProcess } from './daemon-process.ts'
import { commit } from './mistake-looks.ts'

/**
 * The reason must come before any limit of time has passed: neither the wait of a call, which is set to be longer, nor the start of a
 * replica (60 s) is over by then. How many seconds it takes is measured by the bench.
 */
const PATIENCE_MS = 30_000
const LONGER = { SAMPAN_WAKE_TIMEOUT: '10m' }

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
      daemon = await DaemonProcess.start(LONGER)
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
