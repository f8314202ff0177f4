import { FaasError } from './errors.ts'

/** Bytes meant by a Kubernetes quantity such as `128Mi`, rounded up. 0 (and empty text) means no limit. Throws `invalid`, naming `field`. */
export function parseMemoryBytes(field: string, text: string): number {
  return parseQuantity(field, text, 1)
}

/** Billionths of a core meant by a Kubernetes quantity such as `250m`, rounded up. 0 (and empty text) means no limit. Throws `invalid`, naming `field`. */
export function parseNanoCpus(field: string, text: string): number {
  return parseQuantity(field, text, 1e9)
}

/** Digits with an optional fraction, then an exponent or a suffix, never both: `1E3` is a thousand, `1E` is an exa. */
const QUANTITY = /^\+?(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/

const FACTORS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** Longest text looked at: longer ones cannot be meant seriously. */
const LONGEST = 64

/** `text` in units of which `perOne` make one. */
function parseQuantity(field: string, text: string, perOne: number): number {
  if (text === '') return 0
  const match = text.length <= LONGEST ? QUANTITY.exec(text) : null
  if (!match) throw invalid(field, text, 'is not a quantity such as 128Mi, 1G, 0.5 or 250m')

  const [, digits = '0', exponent, suffix] = match
  const factor = exponent === undefined ? (FACTORS[suffix ?? ''] ?? 1) : 10 ** Number(exponent)
  const units = Math.ceil(withoutNoise(Number(digits) * factor * perOne))
  if (!Number.isSafeInteger(units)) throw invalid(field, text, 'is too large')
  return units
}

/** Drops binary rounding noise: 1.1 × 10⁹ must not be rounded up to 1100000001. */
function withoutNoise(value: number): number {
  return Number(value.toPrecision(15))
}

function invalid(field: string, text: string, problem: string): FaasError {
  const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return new FaasError('invalid', `${field}: ${JSON.stringify(shown)} ${problem}`)
}
