import { Argument, type Command, type Option } from "commander";
import { put } from "../terminal/streams.ts";
import type { CompletedCommand, CompletedOption } from "./completed-command.ts";
import { bashScript, zshScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import type { AddCommand } from "./io.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
const SHELLS = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[];

export const completionCommand: AddCommand = (program, context) => {
  program
    .command("completion")
    .description("print what teaches a shell to complete this command line")
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .addHelpText("after", HELP)
    .action((shell: keyof typeof SCRIPTS) => put(context, SCRIPTS[shell](completedCommands(program))));
};

const HELP = `
Examples:
  protocol-finger completion bash > /etc/bash_completion.d/protocol-finger
  protocol-finger completion zsh > "\${fpath[1]}/_protocol-finger"
  protocol-finger completion fish > ~/.config/fish/completions/protocol-finger.fish`;

/** The program and all that is below it. */
function completedCommands(program: Command, path: readonly string[] = []): CompletedCommand[] {
  const visible = program.createHelp().visibleCommands(program);
  const own: CompletedCommand = {
    path,
    description: program.description(),
    commands: visible.map((command) => command.name()).filter((name) => name !== "help"),
    words: program.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    options: program.createHelp().visibleOptions(program).map(completedOption),
  };
  const below = visible
    .filter((command) => command.name() !== "help")
    .flatMap((command) => completedCommands(command, [...path, command.name()]));
  return [own, ...below];
}

function completedOption(option: Option): CompletedOption {
  const flag = option.long ?? option.short ?? option.flags;
  const takesValue = option.required || option.optional;
  return {
    flag,
    description: option.description,
    ...(takesValue && { values: option.argChoices ?? [] }),
  };
}
