import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import { stackJsonSchema } from './stack-schema.ts'

/** `schema`, and `npm run schema`. */
export function run({ session }: Invocation): Promise<void> {
  say(session, JSON.stringify(stackJsonSchema(), null, 2))
  return Promise.resolve()
}
