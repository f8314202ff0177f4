import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { checkMemory, parseMemoryBytes, parseNanoCpus } from '../../src/core/functions/resources.ts'

describe('resource strings', () => {
  it('reads powers of 1000 and of 1024 for memory', () => {
    const read = ['128M', '128Mi', '1e3', '1E3', '5Mi', '100', '0.5Gi', '.5k', '1.', '128m'].map((text) =>
      parseMemoryBytes('limits.memory', text),
    )

    assert.deepEqual(read, [128_000_000, 134_217_728, 1_000, 1_000, 5_242_880, 100, 536_870_912, 500, 1, 1])
  })

  it('reads cores and thousandths of a core', () => {
    const read = ['1', '100m', '0.5', '1.1', '250000u', '3n'].map((text) => parseNanoCpus('limits.cpu', text))

    assert.deepEqual(read, [1e9, 1e8, 5e8, 1.1e9, 2.5e8, 3])
  })

  it('takes nothing and zero as no limit', () => {
    assert.equal(parseMemoryBytes('limits.memory', ''), 0)
    assert.equal(parseNanoCpus('limits.cpu', '0'), 0)
  })

  it('refuses what is not a quantity, naming the field', () => {
    for (const text of [
      '-1',
      '1 Gi',
      '1gb',
      'lots',
      '1e3Mi',
      '0x10',
      '1e999',
      '9Ei',
      'NaN',
      '٣',
      '1'.repeat(65),
    ]) {
      assert.throws(
        () => parseMemoryBytes('limits.memory', text),
        (error: unknown) => hasCode(error, 'invalid') && String(error).includes('limits.memory'),
        text,
      )
    }
  })

  it('refuses memory that is surely meant otherwise, and says what to write', () => {
    assert.throws(() => checkMemory('limits.memory', '64m'), {
      code: 'invalid',
      message: 'limits.memory: "64m" is in thousandths of a byte: write 64Mi for mebibytes',
    })
    assert.throws(() => checkMemory('limits.memory', '512'), /"512" is 512 bytes: write 512Mi/)
    assert.throws(() => checkMemory('requests.memory', '1.5k'), /"1.5k" is 1500 bytes: write 1.5Mi/)
    // What Kubernetes itself writes for 128 MiB divided by something.
    for (const fine of ['', '0', '0m', '64Mi', '1Mi', '2M', '134217728', '134217728000m'])
      checkMemory('limits.memory', fine)
  })

  it('refuses more cores than a number can carry', () => {
    assert.throws(() => parseNanoCpus('limits.cpu', '1E'), /limits\.cpu: "1E" is too large/)
    assert.throws(() => parseNanoCpus('limits.cpu', '1T'), /too large/)
  })
})
