import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { parseMemoryBytes, parseNanoCpus } from '../../src/core/functions/resources.ts'
import { Random } from '../integration/random.ts'

const ROUNDS = 20_000

/** A number as a fraction of whole numbers, so that nothing is ever rounded. */
interface Fraction {
  readonly over: bigint
  readonly under: bigint
}

interface Quantity extends Fraction {
  readonly text: string
}

const SUFFIXES: readonly [readonly [string, Fraction], ...(readonly [string, Fraction])[]] = [
  ['', { over: 1n, under: 1n }],
  ['n', { over: 1n, under: 1_000_000_000n }],
  ['u', { over: 1n, under: 1_000_000n }],
  ['m', { over: 1n, under: 1_000n }],
  ['k', { over: 1_000n, under: 1n }],
  ['M', { over: 1_000n ** 2n, under: 1n }],
  ['G', { over: 1_000n ** 3n, under: 1n }],
  ['T', { over: 1_000n ** 4n, under: 1n }],
  ['P', { over: 1_000n ** 5n, under: 1n }],
  ['E', { over: 1_000n ** 6n, under: 1n }],
  ['Ki', { over: 1_024n, under: 1n }],
  ['Mi', { over: 1_024n ** 2n, under: 1n }],
  ['Gi', { over: 1_024n ** 3n, under: 1n }],
  ['Ti', { over: 1_024n ** 4n, under: 1n }],
  ['Pi', { over: 1_024n ** 5n, under: 1n }],
  ['Ei', { over: 1_024n ** 6n, under: 1n }],
]

function digits(random: Random, most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => String(random.below(10))).join('')
}

function quantity(random: Random): Quantity {
  const whole = digits(random, random.pick([3, 8, 17]))
  const fraction = digits(random, random.pick([0, 2, 9]))
  const number = whole + fraction === '' ? '7' : `${whole}${fraction === '' ? '' : `.${fraction}`}`
  const scaled = {
    over: BigInt(number.replace('.', '')),
    under: 10n ** BigInt(number.includes('.') ? fraction.length : 0),
  }
  const sign = random.pick(['', '', '', '+'])
  if (random.below(4) > 0) {
    const [suffix, factor] = random.pick(SUFFIXES)
    return {
      text: sign + number + suffix,
      over: scaled.over * factor.over,
      under: scaled.under * factor.under,
    }
  }
  const exponent = random.below(25) - 12
  const text = `${sign}${number}${random.pick(['e', 'E'])}${random.pick(['', exponent > 0 ? '+' : ''])}${exponent}`
  return exponent < 0
    ? { text, over: scaled.over, under: scaled.under * 10n ** BigInt(-exponent) }
    : { text, over: scaled.over * 10n ** BigInt(exponent), under: scaled.under }
}

/** `units` is the smallest whole number that is not below the quantity. */
function isRoundedUp(units: bigint, { over, under }: Fraction): boolean {
  return units * under >= over && (units - 1n) * under < over
}

describe('generated quantities', () => {
  const readers = [
    ['memory in bytes', parseMemoryBytes, 1n],
    ['processors in billionths', parseNanoCpus, 1_000_000_000n],
  ] as const
  for (const [what, read, perOne] of readers) {
    it(`generated quantities are read exactly as ${what}, rounded up, or refused as too large`, () => {
      const random = new Random(21)
      const verdicts = { read: 0, refused: 0 }

      for (let round = 0; round < ROUNDS; round += 1) {
        const { text, over, under } = quantity(random)
        const exact = { over: over * perOne, under }
        if (exact.over > BigInt(Number.MAX_SAFE_INTEGER) * under) {
          assert.throws(() => read('limits.x', text), /limits\.x: .* is too large/, text)
          verdicts.refused += 1
        } else {
          const units = BigInt(read('limits.x', text))
          assert.ok(isRoundedUp(units, exact), `${text} was read as ${units}`)
          verdicts.read += 1
        }
      }

      assert.ok(Math.min(verdicts.read, verdicts.refused) > ROUNDS / 20, JSON.stringify(verdicts))
    })
  }

  it('12.4: generated quantities with one character too many are refused, naming the field', () => {
    const random = new Random(22)

    for (let round = 0; round < ROUNDS; round += 1) {
      const { text } = quantity(random)
      const at = random.below(text.length + 1)
      const broken =
        text.slice(0, at) +
        random.pick([' ', '-+', 'x', '_', ',', 'i', '\n', '\0', '%', '²']) +
        text.slice(at)
      // `5K` is no quantity and `5Ki` is one.
      if (/^[+\d.]+[KMGTPE]i$/.test(broken)) continue

      assert.throws(
        () => parseMemoryBytes('limits.memory', broken),
        (error: unknown) => hasCode(error, 'invalid') && String(error).includes('limits.memory: '),
        JSON.stringify(broken),
      )
    }
  })
})
