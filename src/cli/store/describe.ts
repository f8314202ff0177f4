import type { Invocation } from '../args/command.ts'
import { wrapped } from '../args/wrap.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { STORE_DESCRIBE_FLAGS } from '../table/store.ts'
import { catalogue, functionNamed, imageFor } from './catalogue.ts'

const WIDTH = 80
const COLUMN = 14

/** `store describe` (cli.md 3.14). */
export async function run({ args, flags, session }: Invocation<typeof STORE_DESCRIBE_FLAGS>): Promise<void> {
  const all = await catalogue(session, { url: flags.url, isOffline: isOffline(session, flags) })
  const found = functionNamed(all, args[0] ?? '', flags.platform)
  if (await presentData(session, { json: flags.json, output: flags.output }, found.entry)) return
  const { title, author, description, build } = found
  const row = (name: string, value: string): void => {
    if (value !== '') say(session, `${`${name}:`.padEnd(COLUMN)}${value}`)
  }
  row('Title', title)
  row('Author', author || 'unknown')
  row('Description', wrapped(description, WIDTH).join(`\n${' '.repeat(COLUMN)}`))
  row('Image', imageFor(found, flags.platform))
  if (build !== null) row('Built from', `${build.handler}, with the template ${build.lang}`)
  row('Process', found.fprocess)
  row('Repo URL', found.repoUrl)
  for (const [name, map] of [
    ['Environment', found.environment],
    ['Labels', found.labels],
    ['Annotations', found.annotations],
  ] as const) {
    const lines = Object.keys(map)
      .toSorted()
      .map((key) => `  ${key}: ${map[key]}`)
    if (lines.length > 0) say(session, [`${name}:`, ...lines].join('\n'))
  }
}
