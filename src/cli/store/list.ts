import type { Invocation } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { STORE_LIST_FLAGS } from '../table/store.ts'
import { catalogue, forPlatform } from './catalogue.ts'

/** Longer titles are cut, unless all is asked for (cli.md 3.14). */
const LONGEST_TITLE = 40

/** `store list`. */
export async function run({ flags, session }: Invocation<typeof STORE_LIST_FLAGS>): Promise<void> {
  const all = await catalogue(session, { url: flags.url, isOffline: isOffline(session, flags) })
  const shown = forPlatform(all, flags.platform)
  if (
    await presentData(
      session,
      { json: flags.json, output: flags.output },
      shown.map(({ entry }) => entry),
    )
  )
    return
  if (flags.output === 'name') {
    for (const { name } of shown) say(session, name)
    return
  }
  if (shown.length === 0) {
    const platforms = [...new Set(all.flatMap(({ images }) => Object.keys(images)))].toSorted()
    say(
      session,
      `No functions found in the store for platform '${flags.platform}', try one of the following: ${platforms.join(', ')}`,
    )
    return
  }
  const isWhole = flags.verbose || flags.output === 'wide'
  const rows = shown.map(
    ({ name, author, title }) => [name, author || 'unknown', isWhole ? title : cut(title)] as const,
  )
  say(session)
  for (const row of [['FUNCTION', 'AUTHOR', 'DESCRIPTION'] as const, ...rows]) say(session, line(row, rows))
  say(session)
}

function line(
  [name, author, title]: readonly [string, string, string],
  rows: readonly (readonly string[])[],
): string {
  const width = (at: number, least: number): number =>
    Math.max(least, ...rows.map((row) => row[at]?.length ?? 0)) + 2
  return `${name.padEnd(width(0, 8))}${author.padEnd(width(1, 6))}${title}`
}

function cut(title: string): string {
  return title.length > LONGEST_TITLE ? `${title.slice(0, LONGEST_TITLE - 3)}...` : title
}
