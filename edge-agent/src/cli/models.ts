import { userInfo } from "node:os";
import { Argument, type Command, Option } from "commander";
import { z } from "zod";
import { auditEntry, disagreement, label, models } from "../adapters/http-api/model-schemas.ts";
import type { LabelVerdict } from "../core/label.ts";
import { type AgentOptions, askAgent } from "./ask-agent.ts";
import { type AddCommand, untilStopped } from "./io.ts";
import { renderDisagreements, renderHistory, renderModels } from "./models/table.ts";
import { positive } from "./numbers.ts";

interface Options extends AgentOptions {
  readonly json?: true;
}

interface SignedOptions extends Options {
  readonly by: string;
  readonly reason?: string;
  readonly note?: string;
}

interface ListOptions extends Options {
  readonly most: number;
}

const USUAL_URL = "http://127.0.0.1:8642";

const COMMANDS = {
  start: "try what the candidate channel offers now, without waiting for drift",
  pause: "pause the trial: the champion acts alone until it is resumed",
  resume: "go on with a paused trial",
  promote: "make the challenger the champion, without what is left of its trial",
  abort: "end the trial, keep the champion and reject the challenger for good",
} as const;

/** Champion, challenger and trial of a running agent, and what people may command and label. */
export const modelsCommand: AddCommand = (program, context) => {
  const group = program
    .command("models")
    .description("tell which models a running agent has, command its trial and label frames")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos models status\n  stethos models pause --by Ada --reason 'line 3 is being rebuilt'\n" +
        "  stethos models disagreements\n  stethos models label FRAME real --note 'outer ring seen to be pitted'\n" +
        "  stethos models status --json | jq .trial.evidence",
    );

  /** Asks, and writes what comes back: one JSON object a line, or for people. */
  async function tell<T>(
    { json }: Options,
    ask: (signal: AbortSignal) => Promise<T>,
    render: (answer: T) => string,
  ): Promise<void> {
    const stop = untilStopped(context);
    try {
      const answer = await ask(stop.signal);
      const items: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
      const text = json ? items.map((item) => `${JSON.stringify(item)}\n`).join("") : render(answer);
      context.stdout.write(text);
    } finally {
      stop.dispose();
    }
  }

  const add = (name: string, description: string): Command =>
    group
      .command(name)
      .description(description)
      .option("--url <url>", "where the agent's API is", USUAL_URL)
      .option("--token-file <file>", "file that holds the agent's access token, where it has one")
      .option("--json", "one JSON object a line");

  const by = (): Option => new Option("--by <name>", "who gives the command").default(userInfo().username);
  const most = (): Option =>
    new Option("-n, --most <count>", "newest first, at most so many").default(100).argParser(positive);

  add("status", "tell champion, challenger, evidence and what the trial waits for").action(
    (options: Options) =>
      tell(options, (signal) => askAgent(options, "/v1/models", models, signal), renderModels),
  );

  for (const [name, description] of Object.entries(COMMANDS)) {
    add(name, description)
      .addOption(by())
      .option("--reason <words>", "why, for the audit log")
      .action((options: SignedOptions) => {
        const body = { by: options.by, reason: options.reason };
        const path = `/v1/models/trial/${name}`;
        return tell(options, (signal) => askAgent(options, path, models, signal, body), renderModels);
      });
  }

  add("history", "tell who did what to models, and why")
    .addOption(most())
    .action((options: ListOptions) => {
      const path = `/v1/models/history?most=${options.most}`;
      return tell(options, (signal) => askAgent(options, path, z.array(auditEntry), signal), renderHistory);
    });

  add("disagreements", "list the frames on which the models disagree: those worth a label")
    .addOption(most())
    .action((options: ListOptions) => {
      const path = `/v1/models/disagreements?most=${options.most}`;
      return tell(
        options,
        (signal) => askAgent(options, path, z.array(disagreement), signal),
        renderDisagreements,
      );
    });

  add("label", "say of a frame whether the machine was really not well")
    .argument("<frame>", "its id, as disagreements lists it")
    .addArgument(new Argument("<verdict>", "what you know of it").choices(["real", "false", "not-sure"]))
    .addOption(by())
    .option("--note <words>", "what was seen")
    .action((frame: string, verdict: LabelVerdict, options: SignedOptions) => {
      const body = { verdict, by: options.by, note: options.note };
      const path = `/v1/frames/${encodeURIComponent(frame)}/label`;
      return tell(
        options,
        (signal) => askAgent(options, path, label, signal, body),
        (given) => `${given.frame}: ${given.verdict}, says ${given.by}\n`,
      );
    });
};
