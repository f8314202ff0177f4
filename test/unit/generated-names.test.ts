import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import {
  functionName,
  nameOf,
  namespaceOf,
  parseFunctionName,
} from '../../src/core/functions/function-name.ts'
import { Random } from '../integration/random.ts'

const ROUNDS = 20_000

/** RFC 1123, read character by character. */
function isLabel(text: string): boolean {
  if (text.length < 1 || text.length > 63) return false
  for (const character of text) {
    const isLetter = character >= 'a' && character <= 'z'
    const isDigit = character >= '0' && character <= '9'
    if (!isLetter && !isDigit && character !== '-') return false
  }
  return text.at(0) !== '-' && text.at(-1) !== '-'
}

/** Mostly legal characters, so that about half of the texts are names; lengths around the limit come often. */
function nearlyLabel(random: Random): string {
  const length = random.pick([0, 1, 2, 3, 8, 20, 62, 63, 64])
  const label = Array.from({ length }, () => random.pick(['a', 'm', 'z', '0', '9', 'b', '-']))
  if (random.below(4) === 0)
    label[random.below(length + 1)] = random.pick(['A', '_', '.', ' ', '\n', 'é', '`', '{', '/', ':', '\0'])
  return label.join('')
}

describe('generated names', () => {
  it('generated names are functions exactly when both parts are DNS labels', () => {
    const random = new Random(11)
    const verdicts = { legal: 0, illegal: 0 }

    for (let round = 0; round < ROUNDS; round += 1) {
      const [name, space] = [nearlyLabel(random), nearlyLabel(random)]
      const wrong = !isLabel(name) ? 'service' : isLabel(space) ? null : 'namespace'
      if (wrong === null) {
        const fn = functionName(name, space)
        assert.deepEqual([nameOf(fn), namespaceOf(fn)], [name, space])
      } else {
        assert.throws(
          () => functionName(name, space),
          (error: unknown) => hasCode(error, 'invalid') && String(error).includes(`${wrong}: `),
          JSON.stringify([name, space]),
        )
      }
      verdicts[wrong === null ? 'legal' : 'illegal'] += 1
    }

    assert.ok(Math.min(verdicts.legal, verdicts.illegal) > ROUNDS / 10, JSON.stringify(verdicts))
  })

  it('generated names in a URL mean the function that the last dot says, or none', () => {
    const random = new Random(12)

    for (let round = 0; round < ROUNDS; round += 1) {
      const parts = Array.from({ length: 1 + random.below(3) }, () => nearlyLabel(random))
      const text = random.below(8) === 0 ? random.text(80) : parts.join('.')
      const words = text.split('.')
      const space = words.length > 1 ? (words.pop() ?? '') : 'openfaas-fn'
      const name = words.join('.')

      const expected = isLabel(name) && isLabel(space) ? `${name}.${space}` : null
      assert.equal(parseFunctionName(text), expected, JSON.stringify(text))
    }
  })
})
