import type { Pair } from '../parts/fields.tsx'
import type { Spec } from './spec.ts'

export interface Change {
  readonly kind: 'add' | 'del' | 'change'
  readonly text: string
}

type TextField = 'image' | 'command' | 'memory' | 'cpu' | 'requestMemory' | 'requestCpu'

const TEXTS: readonly (readonly [TextField, string])[] = [
  ['image', 'image'],
  ['command', 'command'],
  ['memory', 'memory limit'],
  ['cpu', 'CPU limit'],
  ['requestMemory', 'memory request'],
  ['requestCpu', 'CPU request'],
]

/** What a deployment would change, a line each. Values of the environment are not told. */
export function changes(before: Spec, after: Spec): readonly Change[] {
  const found: Change[] = []
  for (const [key, word] of TEXTS) found.push(...textChange(word, before[key], after[key]))
  found.push(...environmentChanges(before.environment, after.environment))
  found.push(...listChanges('secret', before.secrets, after.secrets))
  found.push(...listChanges('constraint', before.constraints, after.constraints))
  found.push(...pairChanges('label ', before.labels, after.labels))
  found.push(...pairChanges('annotation ', before.annotations, after.annotations))
  if (before.isReadOnly !== after.isReadOnly)
    found.push({ kind: 'change', text: `root file system ${after.isReadOnly ? 'read only' : 'writable'}` })
  return found
}

function textChange(word: string, before: string, after: string): readonly Change[] {
  if (before === after) return []
  if (before === '') return [{ kind: 'add', text: `${word} ${after}` }]
  if (after === '') return [{ kind: 'del', text: word }]
  return [{ kind: 'change', text: `${word} ${before} → ${after}` }]
}

function pairChanges(word: string, before: readonly Pair[], after: readonly Pair[]): readonly Change[] {
  const [old, fresh] = [new Map(before), new Map(after.filter(([name]) => name !== ''))]
  const found: Change[] = []
  for (const [name, value] of fresh) {
    const was = old.get(name)
    if (was === undefined) found.push({ kind: 'add', text: `${word}${name}=${value}` })
    else if (was !== value) found.push({ kind: 'change', text: `${word}${name} ${was} → ${value}` })
  }
  for (const name of old.keys()) if (!fresh.has(name)) found.push({ kind: 'del', text: `${word}${name}` })
  return found
}

/** Without values: somebody may look over the shoulder. */
function environmentChanges(before: readonly Pair[], after: readonly Pair[]): readonly Change[] {
  return pairChanges('', before, after).map(({ kind, text }) => {
    if (kind === 'add') return { kind, text: text.replace(/=.*/s, '') }
    return kind === 'change' ? { kind, text: `${text.replace(/ .*/s, '')} another value` } : { kind, text }
  })
}

function listChanges(word: string, before: readonly string[], after: readonly string[]): readonly Change[] {
  return [
    ...after
      .filter((name) => !before.includes(name))
      .map((name): Change => ({ kind: 'add', text: `${word} ${name}` })),
    ...before
      .filter((name) => !after.includes(name))
      .map((name): Change => ({ kind: 'del', text: `${word} ${name}` })),
  ]
}
