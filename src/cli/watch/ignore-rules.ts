// What a `.gitignore` says, as git's manual has it (gitignore(5)). Pure.

/** One line of it. */
export interface IgnoreRule {
  /** Of the pattern, between its slashes; `**` stands for any number of them. */
  readonly parts: readonly string[]
  /** It takes back what lines before it ignore. */
  readonly isNegated: boolean
  readonly isForFolders: boolean
}

/** The lines of one file. */
export interface IgnoreFile {
  /** Its folder, as names from the top folder. */
  readonly at: readonly string[]
  readonly rules: readonly IgnoreRule[]
}

export function ignoreRulesIn(text: string): readonly IgnoreRule[] {
  return text.split('\n').flatMap((line) => ruleIn(line) ?? [])
}

/**
 * Whether a path, as names from the top folder, is ignored. Files of inner folders come after those of outer ones, and the
 * last line that matches decides. That a folder above is ignored is for the caller to see, who then does not look into it.
 */
export function isIgnored(files: readonly IgnoreFile[], path: readonly string[], isFolder: boolean): boolean {
  let ignored = false
  for (const { at, rules } of files) {
    if (at.length >= path.length || at.some((name, index) => path[index] !== name)) continue
    const below = path.slice(at.length)
    for (const { parts, isNegated, isForFolders } of rules) {
      if ((isFolder || !isForFolders) && matchesPath(parts, below)) ignored = !isNegated
    }
  }
  return ignored
}

/** Whether a path is what a pattern without slash, or from the folder on, means: for lists of files of a template. */
export function isNamedBy(patterns: readonly string[], path: string): boolean {
  return isIgnored([{ at: [], rules: ignoreRulesIn(patterns.join('\n')) }], path.split('/'), false)
}

function ruleIn(line: string): IgnoreRule | null {
  let text = trimmed(line)
  if (text === '' || text.startsWith('#')) return null
  const isNegated = text.startsWith('!')
  if (isNegated) text = text.slice(1)
  const isForFolders = text.endsWith('/')
  if (isForFolders) text = text.slice(0, -1)
  const isAnchored = text.includes('/')
  const parts = text.split('/').filter((part) => part !== '')
  if (parts.length === 0) return null
  return { parts: isAnchored ? parts : ['**', ...parts], isNegated, isForFolders }
}

/** Without blanks at its end, unless the last one is escaped. */
function trimmed(line: string): string {
  let end = line.length
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t' || line[end - 1] === '\r')) {
    if (line[end - 2] === '\\') break
    end -= 1
  }
  return line.slice(0, end)
}

/** Takes time by the product of both lengths, whatever the pattern. */
function matchesPath(parts: readonly string[], names: readonly string[]): boolean {
  // At each place of the pattern: whether it matches so many of the names.
  let reached = [true, ...names.map(() => false)]
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1
    const next = names.map(() => false)
    next.push(false)
    if (part === '**') {
      // At the end it means everything inside, and not the folder itself.
      let isOn = false
      for (const [at, was] of reached.entries()) {
        if (isOn || (was && !isLast)) next[at] = true
        isOn ||= was
      }
    } else
      for (const [at, name] of names.entries())
        if (reached[at] === true && matchesName(part, name)) next[at + 1] = true
    reached = next
  }
  return reached[names.length] === true
}

/** One name of a path: `*`, `?`, `[…]` and `\`. A star that was passed too early is tried one further. */
function matchesName(pattern: string, name: string): boolean {
  let [at, from] = [0, 0]
  let [star, mark] = [-1, 0]
  while (from < name.length) {
    const step = at < pattern.length ? matchesOne(pattern, at, name[from] ?? '') : 0
    if (pattern[at] === '*') {
      star = at
      mark = from
      at += 1
    } else if (step > 0) {
      at += step
      from += 1
    } else if (star >= 0) {
      at = star + 1
      mark += 1
      from = mark
    } else return false
  }
  while (pattern[at] === '*') at += 1
  return at >= pattern.length
}

/** How much of the pattern stands for this character; 0: it does not. */
function matchesOne(pattern: string, at: number, character: string): number {
  const sign = pattern[at]
  if (sign === '?') return 1
  if (sign === '\\') return pattern[at + 1] === character ? 2 : 0
  if (sign !== '[') return sign === character ? 1 : 0
  const isNegated = pattern[at + 1] === '!' || pattern[at + 1] === '^'
  const start = at + (isNegated ? 2 : 1)
  // A bracket right after the first one is a character of the set.
  const end = pattern.indexOf(']', start + 1)
  if (end < 0) return 0
  return isInSet(pattern.slice(start, end), character) === isNegated ? 0 : end + 1 - at
}

function isInSet(set: string, character: string): boolean {
  for (let at = 0; at < set.length; at += 1) {
    const [low = '', dash, high = ''] = [set[at], set[at + 1], set[at + 2]]
    if (dash === '-' && high !== '') {
      if (low <= character && character <= high) return true
      at += 2
    } else if (low === character) return true
  }
  return false
}
