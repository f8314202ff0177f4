import type { Invocation } from '../args/command.ts'
import { referencePage } from '../args/reference.ts'
import { COMMANDS, GROUPS } from '../table/commands.ts'

/** `npm run docs:cli`. */
export function run({ session }: Invocation): Promise<void> {
  session.stdout.write(referencePage(COMMANDS, GROUPS))
  return Promise.resolve()
}
