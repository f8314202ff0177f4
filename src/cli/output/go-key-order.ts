/**
 * The order in which Go's yaml.v3 writes the keys of a map: digits count as numbers, and letters come behind everything else, but
 * before it where a number has just ended.
 */
export function goKeyOrder(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)]
  let at = 0
  while (at < left.length && at < right.length && left[at] === right[at]) at += 1
  const [x, y] = [left[at], right[at]]
  if (x === undefined || y === undefined) return left.length - right.length
  const [isLetter, isOther] = [LETTER.test(x), LETTER.test(y)]
  if (isLetter && isOther) return codeOf(x) - codeOf(y)
  if (isLetter !== isOther) return isLetter === isAfterDigit(left, at) ? -1 : 1
  return byNumber(left, right, at) || codeOf(x) - codeOf(y)
}

const LETTER = /\p{L}/u
const DIGIT = /\p{Nd}/u

function isAfterDigit(letters: readonly string[], at: number): boolean {
  return DIGIT.test(letters[at - 1] ?? '')
}

/** Of the digits that begin here. Zeros within a number count, those that lead it do not. */
function byNumber(left: readonly string[], right: readonly string[], at: number): number {
  const isWithin = (left[at] === '0' || right[at] === '0') && /[1-9]\d*$/.test(left.slice(0, at).join(''))
  const [x, y] = [left, right].map((letters) => digitsFrom(letters, at))
  const [a = 0, b = 0] = [x, y].map((digits) => Number(`${isWithin ? '1' : ''}${digits}`))
  return a - b || (x?.length ?? 0) - (y?.length ?? 0)
}

function digitsFrom(letters: readonly string[], at: number): string {
  return /^\d*/.exec(letters.slice(at).join(''))?.[0] ?? ''
}

function codeOf(letter: string): number {
  return letter.codePointAt(0) ?? 0
}
