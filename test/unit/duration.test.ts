import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseDuration } from '../../src/core/duration.ts'
import { UNKNOWN_ABILITIES } from '../../src/provider/docker/container/confinement.ts'
import { checkSpec } from '../../src/provider/docker/container/container-spec.ts'
import { deployed, identityOf } from '../fixtures/deployed.ts'

/** At quadratic cost a text of this length takes hours: a test that ends has shown that it is not. */
const HUGE = 20_000_000

describe('parseDuration', () => {
  const cases: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['15', 15_000],
    ['500ms', 500],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['2us', 0.002],
    ['2µs', 0.002],
    [`${'0'.repeat(62)}1s`, 1_000],
  ]
  for (const [text, ms] of cases) {
    it(`reads ${text} as ${ms} ms`, () => assert.equal(parseDuration(text), ms))
  }

  for (const text of ['', '-1', '5 s', '1x', 's', '1.5', '1m 30s', '1s1', ' 1s', '1.s', '.5s', '1s\n']) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseDuration(text), /is not a duration/))
  }

  it('refuses more than 64 characters, and says so without repeating them all', () => {
    for (const text of ['1'.repeat(65), '1'.repeat(HUGE), `${'1s'.repeat(HUGE / 2)}x`]) {
      assert.throws(
        () => parseDuration(text),
        (error) =>
          error instanceof Error &&
          /longer than 64 characters/.test(error.message) &&
          error.message.length < 150,
      )
    }
  })
})

describe('a duration that an older release stored', () => {
  const digits = '1'.repeat(HUGE)

  it('counts as none where it is in the environment', () => {
    const envVars = { write_timeout: digits, grace_period: digits, startup_timeout: `${digits}x` }

    assert.deepEqual(identityOf(deployed({ spec: { envVars } })), identityOf(deployed({})))
  })

  it('is refused where it is in an annotation', () => {
    const { spec } = deployed({ spec: { annotations: { 'com.openfaas.ready.http.initialDelay': digits } } })

    const host = {
      hostCpus: 2,
      confinement: { memoryBytes: 0, diskBytes: 0, seccomp: null, runtimes: [] },
      abilities: UNKNOWN_ABILITIES,
    }

    assert.throws(() => checkSpec(spec, host), { code: 'invalid', message: /initialDelay: .*64 characters/ })
  })
})
