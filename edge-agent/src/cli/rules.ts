import type { Command } from "commander";
import { ConfigError } from "../config/problem.ts";
import { durationText } from "../core/rules/duration.ts";
import type { RuleSet } from "../core/rules/rule.ts";
import { columns } from "./columns.ts";
import type { AddCommand, CliContext } from "./io.ts";
import { loadRules } from "./rules-load.ts";
import { addRulesTest } from "./rules-test.ts";

interface Options {
  readonly config: string;
  readonly json?: true;
}

/** Checks rules, lists them, and tries them on what was. */
export const rulesCommand: AddCommand = (program, context) => {
  const rules = program
    .command("rules")
    .description("check rules, list them, and try them on what was")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos rules check rules.yaml -c agent.yaml\n  stethos rules list -c agent.yaml\n  stethos rules test -c agent.yaml --from 2026-11-01T00:00:00Z --to 2026-11-08T00:00:00Z",
    );
  addCheck(rules, context);
  addList(rules, context);
  addRulesTest(rules, context);
};

function addCheck(rules: Command, context: CliContext): void {
  rules
    .command("check [file]")
    .description("check a file of rules against the tags of a configuration")
    .requiredOption("-c, --config <file>", "configuration file of the agent")
    .option("--json", "problems as JSON on stdout")
    .addHelpText("after", "\nExamples:\n  stethos rules check rules.yaml -c agent.yaml --json | jq .problems")
    .action(async (file: string | undefined, options: Options) => {
      try {
        const { rules: set, file: read } = await loadRules(options.config, file, context);
        const counts = { rules: set.rules.length, instances: set.instances.length, version: set.version };
        const text = `${read} is good: ${counts.rules} rules on ${counts.instances} places, version ${counts.version}`;
        context.stdout.write(`${options.json ? JSON.stringify({ ok: true, ...counts }) : text}\n`);
      } catch (thrown) {
        if (options.json && thrown instanceof ConfigError)
          context.stdout.write(
            `${JSON.stringify({ ok: false, file: thrown.file, problems: thrown.problems })}\n`,
          );
        throw thrown;
      }
    });
}

function addList(rules: Command, context: CliContext): void {
  rules
    .command("list")
    .description("list the rules of a configuration and the machines they hold for")
    .requiredOption("-c, --config <file>", "configuration file of the agent")
    .option("--rules <file>", "other rules than those of the configuration")
    .option("--json", "one JSON object a line")
    .addHelpText("after", "\nExamples:\n  stethos rules list -c agent.yaml --json | jq -r .name")
    .action(async (options: Options & { readonly rules?: string }) => {
      const { rules: set } = await loadRules(options.config, options.rules, context);
      const rows = listOf(set);
      if (options.json) for (const row of rows) context.stdout.write(`${JSON.stringify(row)}\n`);
      else
        context.stdout.write(
          columns([
            ["RULE", "VERSION", "SEVERITY", "MACHINES", "HOLD", "WHEN"],
            ...rows.map((row) => [
              row.name,
              row.version,
              row.severity,
              String(row.machines.length),
              row.hold,
              row.when.replaceAll(/\s+/g, " ").trim(),
            ]),
          ]),
        );
    });
}

const listOf = ({ rules, instances }: RuleSet) =>
  rules.map((rule) => ({
    name: rule.name,
    version: rule.version,
    severity: rule.severity,
    when: rule.when,
    hold: durationText(rule.holdUs),
    clear: durationText(rule.clearUs),
    evaluatedBy: rule.engine,
    inputs: rule.inputs,
    machines: instances.filter((one) => one.rule === rule).map(({ machine }) => machine),
  }));
