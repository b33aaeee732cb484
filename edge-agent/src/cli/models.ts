import { Argument } from "commander";
import { z } from "zod";
import { auditEntry, disagreement, label, models } from "../adapters/http-api/model-schemas.ts";
import type { LabelVerdict } from "../core/label.ts";
import { type AskOptions, createAgentGroup, type SignedOptions } from "./agent-group.ts";
import { askAgent } from "./ask-agent.ts";
import type { AddCommand } from "./io.ts";
import { renderDisagreements, renderHistory, renderModels } from "./models/table.ts";

interface WordedOptions extends SignedOptions {
  readonly reason?: string;
  readonly note?: string;
}

interface ListOptions extends AskOptions {
  readonly most: number;
}

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

  const { add, tell, by, most } = createAgentGroup(group, context);

  add("status", "tell champion, challenger, evidence and what the trial waits for").action(
    (options: AskOptions) =>
      tell(options, (signal) => askAgent(options, "/v1/models", models, signal), renderModels),
  );

  for (const [name, description] of Object.entries(COMMANDS)) {
    add(name, description)
      .addOption(by())
      .option("--reason <words>", "why, for the audit log")
      .action((options: WordedOptions) => {
        const body = { by: options.by, reason: options.reason };
        const path = `/v1/models/trial/${name}`;
        return tell(options, (signal) => askAgent(options, path, models, signal, body), renderModels);
      });
  }

  add("history", "tell who did what to models, and why")
    .addOption(most(100))
    .action((options: ListOptions) => {
      const path = `/v1/models/history?most=${options.most}`;
      return tell(options, (signal) => askAgent(options, path, z.array(auditEntry), signal), renderHistory);
    });

  add("disagreements", "list the frames on which the models disagree: those worth a label")
    .addOption(most(100))
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
    .action((frame: string, verdict: LabelVerdict, options: WordedOptions) => {
      const body = { verdict, by: options.by, note: options.note };
      const path = `/v1/frames/${encodeURIComponent(frame)}/label`;
      return tell(
        options,
        (signal) => askAgent(options, path, label, signal, body),
        (given) => `${given.frame}: ${given.verdict}, says ${given.by}\n`,
      );
    });
};
