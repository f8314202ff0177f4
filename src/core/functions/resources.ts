import { FaasError } from '../errors.ts'
import { quoted, shortened } from '../quoted.ts'

/**
 * Bytes meant by a Kubernetes quantity such as `128Mi`, rounded up. 0 (and empty text) means no limit. Throws
 * `invalid`, naming `field`.
 */
export function parseMemoryBytes(field: string, text: string): number {
  return parseQuantity(field, text, 0)
}

/** A program cannot run in less, so less is taken for a mistake. */
const LEAST_MEANT_BYTES = 2 ** 20

/**
 * As `parseMemoryBytes`, but also throws for obvious mistakes: `64m` means 64 MiB to Docker and thousandths
 * of a byte here, and `64` is 64 bytes.
 */
export function checkMemory(field: string, text: string): void {
  const bytes = parseMemoryBytes(field, text)
  if (bytes === 0 || bytes >= LEAST_MEANT_BYTES) return
  const [number = ''] = /^[\d.]*/.exec(text.replace(/^\+/, '')) ?? []
  const means = text.endsWith('m') ? 'is in thousandths of a byte' : `is ${bytes} bytes`
  throw invalid(field, text, `${means}: write ${shortened(`${number}Mi`, 20)} for mebibytes`)
}

/**
 * Billionths of a core meant by a Kubernetes quantity such as `250m`, rounded up. 0 (and empty text) means no
 * limit. Throws `invalid`, naming `field`.
 */
export function parseNanoCpus(field: string, text: string): number {
  return parseQuantity(field, text, 9)
}

/** Resources that are graphics processors, asked for in whole ones. */
export const GPUS = ['nvidia.com/gpu', 'amd.com/gpu', 'intel.com/gpu'] as const

/** Graphics processors meant by a text; 0 for an absent or empty one. Throws `invalid`, naming `field`. */
export function parseGpus(field: string, text = ''): number {
  if (/^\d{0,3}$/.test(text)) return Number(text)
  throw new FaasError('invalid', `${field}: ${quoted(text)} must be a whole number`)
}

/**
 * Digits with an optional fraction, then an exponent or a suffix, never both: `1E3` is a thousand, `1E` is an
 * exa.
 */
const QUANTITY =
  /^\+?(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/

const POWERS_OF_TEN: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}

const POWERS_OF_TWO: Readonly<Record<string, number>> = {
  Ki: 10,
  Mi: 20,
  Gi: 30,
  Ti: 40,
  Pi: 50,
  Ei: 60,
}

/** Longest text looked at: longer ones cannot be meant seriously. */
const LONGEST = 64

/**
 * `text` in units of which ten to the power of `digits` make one. Exact: a fraction of whole numbers is
 * rounded once, at the end.
 */
function parseQuantity(field: string, text: string, digits: number): number {
  if (text === '') return 0
  const match = text.length <= LONGEST ? QUANTITY.exec(text) : null
  if (!match) throw invalid(field, text, 'is not a quantity such as 128Mi, 1G, 0.5 or 250m')

  const [, whole = '', behind, alone, exponent, suffix = ''] = match
  const fraction = behind ?? alone ?? ''
  const power = digits - fraction.length + Number(exponent ?? POWERS_OF_TEN[suffix] ?? 0)
  const over = BigInt(whole + fraction) * 2n ** BigInt(POWERS_OF_TWO[suffix] ?? 0) * tenTo(power)
  const under = tenTo(-power)
  const units = Number((over + under - 1n) / under)
  if (!Number.isSafeInteger(units)) throw invalid(field, text, 'is too large')
  return units
}

/** One for negative powers. */
function tenTo(power: number): bigint {
  return power > 0 ? 10n ** BigInt(power) : 1n
}

function invalid(field: string, text: string, problem: string): FaasError {
  return new FaasError('invalid', `${field}: ${quoted(text, LONGEST)} ${problem}`)
}
