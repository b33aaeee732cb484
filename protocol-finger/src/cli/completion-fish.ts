import type { CompletedCommand } from "./completed-command.ts";

/** For fish: one line a command and an option, each with the words that must stand before it. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => {
    const condition = conditionOf(command, commands);
    const names = command.commands.map((name) => {
      const child = commands.find(({ path }) => path.join(" ") === [...command.path, name].join(" "));
      return `complete -c protocol-finger -f -n ${quoted(condition)} -a ${name} -d ${quoted(child?.description ?? "")}`;
    });
    const words = command.words.map(
      (word) => `complete -c protocol-finger -f -n ${quoted(condition)} -a ${quoted(word)}`,
    );
    const options = command.options.map(({ flag, description, values }) => {
      const value =
        values === undefined ? "" : values.length === 0 ? " -r" : ` -x -a ${quoted(values.join(" "))}`;
      const name = flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`;
      return `complete -c protocol-finger -n ${quoted(condition)} ${name}${value} -d ${quoted(description)}`;
    });
    return [...names, ...words, ...options];
  });
  return ["# fish completion of protocol-finger", ...lines].join("\n");
}

/** All of the path is there, and none of the commands below it. */
function conditionOf({ path, commands: below }: CompletedCommand, all: readonly CompletedCommand[]): string {
  if (path.length === 0) return "__fish_use_subcommand";
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const hasBelow = all.some((other) => other.path.length === path.length + 1 && other.path[0] === path[0]);
  return [...seen, ...(hasBelow ? [`not __fish_seen_subcommand_from ${below.join(" ")}`] : [])].join(
    "; and ",
  );
}

const quoted = (text: string): string => `'${text.replace(/['\\]/g, "\\$&")}'`;
