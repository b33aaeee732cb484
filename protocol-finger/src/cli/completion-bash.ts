import type { CompletedCommand, CompletedOption } from "./completed-command.ts";

/** For bash: words are looked up by the commands that stand before them. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const cases = commands.map(
    (command) => `    "${command.path.join(" ")}") words="${wordsOf(command).join(" ")}" ;;`,
  );
  return `# bash completion of protocol-finger
_protocol_finger() {
  local word previous path words values i
  word="\${COMP_WORDS[COMP_CWORD]}"
  previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  path=""
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
${commandCases(commands)}
    esac
  done
  case "$previous" in
${valueCases(commands)}
  esac
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  [[ \${#COMPREPLY[@]} -eq 0 && "$word" != -* ]] && COMPREPLY=($(compgen -f -- "$word"))
  return 0
}
complete -o filenames -F _protocol_finger protocol-finger`;
}

/** zsh runs completions of bash. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  return `#compdef protocol-finger
autoload -U +X bashcompinit && bashcompinit
${bashScript(commands)}`;
}

const wordsOf = ({ commands, words, options }: CompletedCommand): string[] => [
  ...commands,
  ...words,
  ...options.map(({ flag }) => flag),
];

function commandCases(commands: readonly CompletedCommand[]): string {
  return commands
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => {
      const before = path.slice(0, -1).join(" ");
      return `      "${before} ${path.at(-1)}") path="${path.join(" ")}" ;;`;
    })
    .join("\n");
}

function valueCases(commands: readonly CompletedCommand[]): string {
  const options = new Map<string, CompletedOption>();
  for (const option of commands.flatMap((command) => command.options)) options.set(option.flag, option);
  return [...options.values()]
    .flatMap(({ flag, values }) => {
      if (values === undefined) return [];
      const words = values.length === 0 ? "compgen -f" : `compgen -W "${values.join(" ")}"`;
      return [`    ${flag}) COMPREPLY=($(${words} -- "$word")); return 0 ;;`];
    })
    .join("\n");
}
