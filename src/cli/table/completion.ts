import { type AnyCommand, command, type FlagSpecs, NO_ARGUMENTS } from '../args/command.ts'

export const COMPLETION_FLAGS = {
  shell: { kind: 'string', value: 'SHELL', help: 'bash, zsh or fish; the same as the argument' },
} as const satisfies FlagSpecs

export const COMPLETION: readonly AnyCommand[] = [
  command({
    path: ['completion'],
    summary: 'print the script that completes command lines in your shell',
    details:
      'It completes commands, flags and values, and the names of functions, secrets and namespaces, which it asks the gateway for.\n\nFor every bash: sampan completion bash > ~/.local/share/bash-completion/completions/sampan. For every zsh: a file _sampan in a folder of $fpath. For every fish: ~/.config/fish/completions/sampan.fish.',
    examples: ['source <(sampan completion bash)', 'sampan completion fish | source'],
    arguments: { usage: '[bash|zsh|fish]', least: 0, most: 1 },
    flags: COMPLETION_FLAGS,
    load: () => import('../completion/completion.ts'),
  }),
  command({
    path: ['bashcompletion'],
    summary: 'write the script for bash into a file',
    arguments: { usage: 'FILE', least: 1, most: 1, names: 'file' },
    flags: {},
    load: () => import('../completion/bash-file.ts'),
    isHidden: true,
  }),
  command({
    path: ['reference'],
    summary: 'print docs/cli.md',
    arguments: NO_ARGUMENTS,
    flags: {},
    load: () => import('../reference/reference.ts'),
    isHidden: true,
  }),
]
