import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { note } from '../session.ts'
import { completionScript } from './scripts.ts'

/** `bashcompletion FILE`, which faas-cli has for older scripts (cli.md 3.22). */
export async function run({ args: [file = ''], session }: Invocation<Record<never, never>>): Promise<void> {
  await writeFile(resolve(session.cwd, file), completionScript('bash'))
  note(session, 'bashcompletion is there for older scripts. Better: sampan completion bash')
}
