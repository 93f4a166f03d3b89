import type { Command, Option } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

const flagsOf = (command: Command): string[] => [
  ...command.options.flatMap(({ long }) => long ?? []),
  '--help',
]

const withChoices = (command: Command): (Option & { argChoices: string[] })[] =>
  command.options.filter(
    (option): option is Option & { argChoices: string[] } => option.argChoices !== undefined,
  )

const words = (list: readonly string[]): string => list.join(' ')

/** What a shell offers after a command's name: values of an option, or options and file names. */
function bash(program: Command): string {
  const commands = program.commands.map((command) => command.name())
  const values = program.commands.flatMap((command) =>
    withChoices(command).map(
      ({ long, argChoices }) =>
        `    ${command.name()}:${long}) COMPREPLY=($(compgen -W "${words(argChoices)}" -- "$word")); return ;;`,
    ),
  )
  const options = program.commands.map(
    (command) => `    ${command.name()}) options="${words(flagsOf(command))}" ;;`,
  )
  return `_pictograph_desktop() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" options
  COMPREPLY=()
  case "\${COMP_WORDS[1]}:$before" in
${values.join('\n')}
    completion:completion) COMPREPLY=($(compgen -W "${words(SHELLS)}" -- "$word")); return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${options.join('\n')}
    *) options="${words(flagsOf(program))}" ;;
  esac
  if [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$word"))
  elif (( COMP_CWORD == 1 )); then
    COMPREPLY=($(compgen -W "${words([...commands, 'help'])}" -- "$word") $(compgen -f -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _pictograph_desktop pictograph-desktop
`
}

const quoted = (value: string): string => `'${value.replace(/['\\]/g, '\\$&')}'`

function fish(program: Command): string {
  const start = 'complete -c pictograph-desktop'
  const lines = program.commands.flatMap((command) => {
    const name = command.name()
    const inside = `${start} -n ${quoted(`__fish_seen_subcommand_from ${name}`)}`
    return [
      `${start} -n __fish_use_subcommand -a ${name} -d ${quoted(command.summary())}`,
      ...command.options.map(({ long, description, argChoices, required }) => {
        const choices = argChoices ? ` -x -a ${quoted(words(argChoices))}` : required ? ' -r' : ''
        return `${inside} -l ${long?.slice(2)} -d ${quoted(description)}${choices}`
      }),
    ]
  })
  return `${lines.join('\n')}\n${start} -n '__fish_seen_subcommand_from completion' -x -a ${quoted(words(SHELLS))}\n`
}

/** A script that makes `shell` complete the commands of `program`. */
export function completionScript(program: Command, shell: Shell): string {
  if (shell === 'fish') return fish(program)
  // zsh can use bash completions.
  if (shell === 'zsh')
    return `autoload -Uz compinit bashcompinit && compinit && bashcompinit\n${bash(program)}`
  return bash(program)
}
