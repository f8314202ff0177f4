import { GLOBAL_FLAGS } from '../global-flags.ts'
import type { AnyCommand, FlagSpec } from './command.ts'
import { type Group, helpText, nameOf, sentence } from './help.ts'

const HEAD = `# The command line

<!-- Made of the table of commands by \`npm run docs:cli\`. -->

\`sampan\` does what \`faas-cli\` does, with the same commands, flags, files and words for scripts, and more. Errors go to standard error, and whatever fails ends with a
status other than 0. \`sampan help COMMAND\` shows what stands here. \`sampan serve\` is the daemon.

Which gateway it speaks to: \`--gateway\`, else \`provider.gateway\` of the stack file, else \`OPENFAAS_URL\`, else the context in use (\`sampan context use\`), else
\`http://127.0.0.1:8080\`. Credentials are those of \`sampan login\`, in the file of \`faas-cli\`.`

/** The whole of docs/cli.md: every command that is shown in the help, with its flags. */
export function referencePage(commands: readonly AnyCommand[], groups: readonly Group[]): string {
  const seen = commands
    .filter(({ isHidden }) => isHidden !== true)
    .toSorted((a, b) => (a.path.join(' ') < b.path.join(' ') ? -1 : 1))
  const global = `## Flags of every command\n\n${flagTable(GLOBAL_FLAGS)}`
  const grouped = groups.map(({ name, summary }) => `| \`${name} …\` | ${summary} |`)
  const single = seen
    .filter(({ path }) => path.length === 1)
    .map(({ path, summary }) => `| \`${path.join(' ')}\` | ${summary} |`)
  const overview = `| command | what it does |\n|---|---|\n${[...single, ...grouped].toSorted().join('\n')}`
  return `${[HEAD, overview, global, ...seen.map(sectionOf)].join('\n\n')}\n`
}

function sectionOf({
  path,
  summary,
  details,
  examples = [],
  aliases = [],
  arguments: args,
  flags,
}: AnyCommand): string {
  const line = ['sampan', ...path, args.usage].filter((word) => word !== '').join(' ')
  const others = aliases.length === 0 ? '' : ` Also: ${aliases.map((alias) => `\`${alias}\``).join(', ')}.`
  const table = flagTable(flags)
  return [
    `## ${path.join(' ')}`,
    `\`${line}\`: ${sentence(summary)}${others}`,
    ...(details === undefined ? [] : [details]),
    ...(examples.length === 0 ? [] : [`\`\`\`sh\n${examples.join('\n')}\n\`\`\``]),
    ...(table === '' ? [] : [table]),
  ].join('\n\n')
}

function flagTable(flags: Readonly<Record<string, FlagSpec>>): string {
  const rows = Object.entries(flags)
    .filter(([, { isHidden }]) => isHidden !== true)
    .map(([name, spec]) => `| \`${nameOf(name, spec).trim()}\` | ${helpText(spec).replaceAll('|', '\\|')} |`)
  return rows.length === 0 ? '' : `| flag | meaning |\n|---|---|\n${rows.join('\n')}`
}
