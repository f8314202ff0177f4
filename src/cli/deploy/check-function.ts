import { messageOf } from '../../core/errors.ts'
import { checkLabel } from '../../core/functions/function-name.ts'
import { checkMemory, parseNanoCpus } from '../../core/functions/resources.ts'
import type { ResourceTexts } from '../stack/stack-file.ts'

/** Something that a gateway would refuse. */
export interface FunctionProblem {
  /** Key of the stack file that is wrong; empty: the name. */
  readonly key: string
  readonly message: string
}

/** What can be seen without a gateway (cli.md 4.3). */
export function checkFunction(fn: {
  readonly name: string
  readonly image: string
  readonly namespace: string
  readonly limits: ResourceTexts
  readonly requests: ResourceTexts
}): readonly FunctionProblem[] {
  const { name, image, namespace, limits, requests } = fn
  return [
    ...tried('', () => checkLabel('name of the function', name)),
    ...(image === '' ? [{ key: 'image', message: `function ${name} has no image` }] : []),
    ...(namespace === '' ? [] : tried('namespace', () => checkLabel('namespace', namespace))),
    ...Object.entries({ limits, requests }).flatMap(([key, { memory, cpu }]) => [
      ...tried(key, () => checkMemory(`${name}, ${key}.memory`, memory)),
      ...tried(key, () => parseNanoCpus(`${name}, ${key}.cpu`, cpu)),
    ]),
  ]
}

function tried(key: string, check: () => unknown): readonly FunctionProblem[] {
  try {
    check()
    return []
  } catch (error) {
    return [{ key, message: messageOf(error) }]
  }
}
