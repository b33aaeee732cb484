import { userInfo } from "node:os";
import { type Command, Option } from "commander";
import type { AgentOptions } from "./ask-agent.ts";
import { type CliContext, untilStopped } from "./io.ts";
import { positive } from "./numbers.ts";

export interface AskOptions extends AgentOptions {
  readonly json?: true;
}

/** A container may run as a number that has no name. */
function nameOfUser(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env["USER"] ?? `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

export interface SignedOptions extends AskOptions {
  readonly by: string;
}

/** Commands that ask a running agent. */
export interface AgentGroup {
  add(name: string, description: string): Command;
  /** Asks, and writes what comes back: one JSON object a line, or for people. */
  tell<T>(
    options: AskOptions,
    ask: (signal: AbortSignal) => Promise<T>,
    render: (answer: T) => string,
  ): Promise<void>;
  /** Who gives the command. */
  by(): Option;
  most(usual: number): Option;
}

export const USUAL_URL = "http://127.0.0.1:8642";

export const createAgentGroup = (group: Command, context: CliContext): AgentGroup => ({
  add: (name, description) =>
    group
      .command(name)
      .description(description)
      .option("--url <url>", "where the agent's API is", USUAL_URL)
      .option("--token-file <file>", "file that holds the agent's access token, where it has one")
      .option("--json", "one JSON object a line"),
  async tell({ json }, ask, render) {
    const stop = untilStopped(context);
    try {
      const answer = await ask(stop.signal);
      const items: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
      context.stdout.write(json ? items.map((item) => `${JSON.stringify(item)}\n`).join("") : render(answer));
    } finally {
      stop.dispose();
    }
  },
  by: () => new Option("--by <name>", "who gives the command").default(nameOfUser()),
  most: (usual) =>
    new Option("-n, --most <count>", "newest first, at most so many").default(usual).argParser(positive),
});
