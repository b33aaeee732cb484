import { join } from "node:path";
import type { Command } from "commander";
import { entryOf, readLine } from "../adapters/audit-log/line.ts";
import { linesBackwards } from "../adapters/audit-log/tail.ts";
import { type AuditVerdict, verifyAuditLog } from "../adapters/audit-log/verify.ts";
import { readConfig } from "../config.ts";
import { EdgeError } from "../core/errors.ts";
import type { AuditEntry } from "../core/rollout/rollout-report.ts";
import { rfc3339 } from "../core/time.ts";
import { type AddCommand, type CliContext, say } from "./io.ts";

interface Where {
  readonly config?: string;
  readonly file?: string;
  readonly json?: true;
}

/** Where the agent keeps it, in its data folder. */
export const AUDIT_FILE = "audit.ndjson";

/** The record of what was done to the models of this device. */
export const auditCommand: AddCommand = (program, context) => {
  const audit = program.command("audit").description("the record of who did what to the models");
  withWhere(audit.command("verify").description("check that no line was changed, removed, moved or cut off"))
    .addHelpText("after", "\nExample:\n  stethos audit verify -c agent.yaml")
    .action((where: Where) => verify(where, context));
  withWhere(audit.command("show").description("the newest entries"))
    .option("-n, --most <count>", "how many", "20")
    .addHelpText("after", "\nExample:\n  stethos audit show -c agent.yaml -n 5 --json | jq .what")
    .action((where: Where & { readonly most: string }) => show(where, context));
};

const withWhere = (command: Command): Command =>
  command
    .option("-c, --config <file>", "configuration file of the agent")
    .option("--file <file>", "the log itself")
    .option("--json", "as JSON on stdout");

async function fileOf({ config, file }: Where, context: CliContext): Promise<string> {
  if (file !== undefined) return file;
  if (config === undefined) {
    throw new EdgeError("CONFIG_INVALID", "which log? Give the agent's configuration with -c, or --file");
  }
  return join((await readConfig(config, context)).dataFolder, AUDIT_FILE);
}

async function verify(where: Where, context: CliContext): Promise<void> {
  const file = await fileOf(where, context);
  const verdict = await readable(file, () => verifyAuditLog(file));
  if (where.json) context.stdout.write(`${JSON.stringify({ ok: isGood(verdict), file, ...verdict })}\n`);
  else context.stdout.write(verdictText(file, verdict));
  if (isGood(verdict)) return;
  throw new EdgeError(
    "DATA_INVALID",
    `${file} was tampered with or damaged: ${verdict.problems.length} problems; keep a copy and compare it with a backup`,
  );
}

const isGood = ({ problems }: AuditVerdict): boolean => problems.length === 0;

function verdictText(file: string, { entries, problems, head }: AuditVerdict): string {
  if (problems.length === 0) return `${file} is whole: ${entries} entries, head ${head}\n`;
  return problems.map(({ line, message }) => `${file}:${line} ${message}\n`).join("");
}

async function show(where: Where & { readonly most: string }, context: CliContext): Promise<void> {
  const most = Number(where.most);
  if (!Number.isInteger(most) || most < 1) {
    throw new EdgeError("CONFIG_INVALID", `-n ${where.most} is no count; give 1 or more`);
  }
  const file = await fileOf(where, context);
  await readable(file, async () => {
    let shown = 0;
    for await (const line of linesBackwards(file)) {
      const entry = readLine(line);
      if (entry === undefined) say(context, `${file}: a line that is no entry; see "stethos audit verify"`);
      else context.stdout.write(`${where.json ? JSON.stringify(entryOf(entry)) : entryText(entry)}\n`);
      shown += 1;
      if (shown >= most) break;
    }
  });
}

const entryText = ({ sequence, timeUs, by, what, detail }: AuditEntry): string =>
  `${sequence}  ${rfc3339(timeUs)}  ${by}  ${what}  ${JSON.stringify(detail)}`;

async function readable<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof EdgeError) throw cause;
    throw new EdgeError("DATA_INVALID", `${file} cannot be read`, { cause });
  }
}
