import { z } from "zod";
import type { TraceStep } from "../ports/tracer.ts";
import { type AskOptions, createAgentGroup } from "./agent-group.ts";
import { askAgent } from "./ask-agent.ts";
import { columns } from "./columns.ts";
import type { AddCommand } from "./io.ts";

const step = z.object({
  name: z.enum(["acquire", "confirm", "deliver", "history", "normalise", "outbox", "wait"]),
  sink: z.string().optional(),
  startUs: z.number(),
  endUs: z.number(),
  isFailed: z.boolean(),
});

/** What GET /v1/trace answers: a ReadingTrace (ports/tracer.ts). */
const tracedReading = z.object({
  tag: z.string(),
  traceId: z.string(),
  sequence: z.number(),
  statusCode: z.number(),
  steps: z.array(step),
  missing: z.array(z.string()),
});

type TracedReading = z.infer<typeof tracedReading>;

/** Follows one reading through a running agent. */
export const traceCommand: AddCommand = (program, context) => {
  const { add, tell } = createAgentGroup(program, context);
  add("trace", "follow the next reading of a tag through a running agent, to the last confirmation")
    .argument("<tag>", "id of the tag, as `stethos tags` tells it")
    .addHelpText(
      "after",
      "\nWhat has not happened within eight seconds is told as missing.\n\nExamples:\n  stethos trace bremen/hall/l1/c1/pump/temperature\n  stethos trace bremen/hall/l1/c1/pump/temperature --json | jq .steps",
    )
    .action((tag: string, options: AskOptions) => {
      const path = `/v1/trace?tag=${encodeURIComponent(tag)}`;
      return tell(options, (signal) => askAgent(options, path, tracedReading, signal), renderTrace);
    });
};

const BAR_WIDTH = 32;

/** A line a step: when it began after the first one, how long it took, and where that lies on the whole way. */
export function renderTrace({ tag, traceId, sequence, steps, missing }: TracedReading): string {
  const startUs = Math.min(...steps.map((one) => one.startUs));
  const wholeUs = Math.max(1, Math.max(...steps.map((one) => one.endUs)) - startUs);
  const rows = steps.map((one) => [
    titleOf(one),
    `+${msText(one.startUs - startUs)}`,
    msText(one.endUs - one.startUs),
    barOf((one.startUs - startUs) / wholeUs, (one.endUs - startUs) / wholeUs),
    one.isFailed ? "failed" : "",
  ]);
  const head = `${tag}, reading ${sequence}, trace ${traceId}\n\n`;
  const rest = missing.length === 0 ? "" : `\nnot yet: ${missing.join(", ")}\n`;
  return `${head}${columns([["STEP", "AFTER", "TAKES", "", ""], ...rows])}${rest}`;
}

const titleOf = ({ name, sink }: TraceStep): string => (sink === undefined ? name : `${name} ${sink}`);

const msText = (us: number): string => `${(us / 1000).toFixed(us < 10_000 ? 3 : 1)} ms`;

/** At least one mark, however short the step was. */
function barOf(from: number, to: number): string {
  const start = Math.min(BAR_WIDTH - 1, Math.floor(from * BAR_WIDTH));
  const end = Math.max(start + 1, Math.round(to * BAR_WIDTH));
  return " ".repeat(start) + "#".repeat(end - start);
}
