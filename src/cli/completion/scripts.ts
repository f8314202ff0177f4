/** Shells that there is a script for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** The script that makes a shell complete command lines of `sampan`. All it knows is whom to ask, so it never is out of date. */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return BASH
    case 'zsh':
      return ZSH
    case 'fish':
      return FISH
  }
}

// bash splits words at '=' and ':', too, so the words are taken from the line. What stands before the last of those is not replaced.
// Runs with bash 3.2, which macOS has.
const BASH = `# bash completion for sampan. Load it with: source <(sampan completion bash)
_sampan() {
  local line="\${COMP_LINE:0:COMP_POINT}" directive=4 word cur kept=''
  local -a words
  read -ra words <<<"$line"
  case "$line" in *[[:space:]]) words+=('') ;; esac
  cur="\${words[\${#words[@]}-1]}"
  case "$cur" in *[=:]*) kept="\${cur%"\${cur##*[=:]}"}" ;; esac
  COMPREPLY=()
  while IFS= read -r word; do
    case "$word" in
      :[0-9]*) directive="\${word#:}" ;;
      *) COMPREPLY+=("\${word#"$kept"}") ;;
    esac
  done < <("\${words[0]/#\\~/$HOME}" __completeNoDesc "\${words[@]:1}" 2>/dev/null)
  if [ "$directive" = 0 ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "\${cur#"$kept"}")
  fi
}
complete -F _sampan sampan
`

const ZSH = `#compdef sampan
# zsh completion for sampan. Load it with: source <(sampan completion zsh)
_sampan() {
  local -a lines names
  local line directive=4
  lines=("\${(@f)$(sampan __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    if [[ "$line" == :<-> ]]; then directive="\${line#:}"
    elif [[ "$line" == *$'\\t'* ]]; then names+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    elif [[ -n "$line" ]]; then names+=("\${line//:/\\\\:}")
    fi
  done
  if (( \${#names} )); then _describe -t words 'sampan' names
  elif [[ "$directive" == 0 ]]; then _files
  fi
}
if [ "$funcstack[1]" = "_sampan" ]; then _sampan "$@"
elif (( \${+functions[compdef]} )); then compdef _sampan sampan
fi
`

const FISH = `# fish completion for sampan. Load it with: sampan completion fish | source
function __sampan_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':0'
                __fish_complete_path (commandline -ct)
            case ':*'
            case '*'
                printf '%s\\n' $line
        end
    end
end
complete -c sampan -e
complete -c sampan -f -a '(__sampan_complete)'
`
