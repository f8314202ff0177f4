// Which way Go's yaml.v3 writes a text: as it stands, in quotes of either kind, or as a block. Its rules are those of libyaml, and
// of a reader that takes some plain words for numbers, times and switches (cli.md 17.1: `generate` is compared byte by byte).

export type Style = 'plain' | 'single' | 'double' | 'literal'

/** `isKey`: of a mapping, which has one line. */
export function styleOf(text: string, isKey: boolean): Style {
  const look = lookAt(text)
  if (text.includes('\n')) return look.isBlock && !isKey ? 'literal' : 'double'
  if (!isText(text)) return 'double'
  if (look.isPlain) return 'plain'
  return look.isSingle ? 'single' : 'double'
}

/** What stands for nothing, a switch, a number or a time where it is not quoted, now or in YAML 1.1. */
const WORDS =
  /^(?:|~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/
const INTEGER = /^[-+]?(?:0[xX][\dA-Fa-f]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9]\d*)$/
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const BASE_60 = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/
const TIME =
  /^\d{4}-(\d{1,2})-(\d{1,2})(?:[Tt]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)| \d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?)?$/

function isText(text: string): boolean {
  if (WORDS.test(text) || BASE_60.test(text) || isTime(text)) return false
  if (text.startsWith('.')) return !FLOAT.test(text)
  const digits = /^[-+\d]/.test(text) ? text.replaceAll('_', '') : ''
  return !INTEGER.test(digits) && !FLOAT.test(digits)
}

function isTime(text: string): boolean {
  const [, month, day] = TIME.exec(text) ?? []
  return (
    month !== undefined && Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31
  )
}

interface Look {
  readonly isPlain: boolean
  readonly isSingle: boolean
  readonly isBlock: boolean
}

/** What may not stand in a file as it is; a letter outside of the first plane neither, for this library. */
const SPECIAL = /(?![\t\n])\p{Cc}|[\ufeff\ufffe\uffff]|[\u{10000}-\u{10ffff}]/u

/** Begins as something that is no text. */
const INDICATOR = /^(?:---|\.\.\.|[#,[\]{}&*!|>'"%@`]|[?:-](?:\s|$))/

/** Looks at all letters at once: white space at an end or at a line's end, and what YAML takes for more than text. */
function lookAt(text: string): Look {
  const isSpecial = SPECIAL.test(text)
  const hasSpaceAtLineEnd = / [\n\u2028\u2029]/.test(text)
  const hasSpaceAtLineStart = /[\n\u2028\u2029] /.test(text)
  const isSingle = !hasSpaceAtLineStart && !hasSpaceAtLineEnd && !text.includes('\t') && !isSpecial
  const isIndicated = INDICATOR.test(text) || /:(?:\s|$)|\s#/.test(text)
  return {
    isPlain: isSingle && !isIndicated && !/^ | $|[\n\u2028\u2029]/.test(text),
    isSingle,
    isBlock: !text.endsWith(' ') && !hasSpaceAtLineEnd && !isSpecial,
  }
}
