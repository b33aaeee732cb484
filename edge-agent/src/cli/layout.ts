import type { Command } from "commander";
import { readLayout } from "../config/layout-file.ts";
import { ConfigError, describeProblems } from "../config/problem.ts";
import { readConfig } from "../config.ts";
import { autoLayout } from "../core/layout/auto-layout.ts";
import { expandLayout } from "../core/layout/expand.ts";
import type { PlantLayout } from "../core/layout/plant-layout.ts";
import { syntheticLayout } from "../core/layout/synthetic-layout.ts";
import { type AddCommand, type CliContext, say } from "./io.ts";
import { wholeNumber } from "./numbers.ts";

/** What stands where: checks, makes and invents layouts of the twin. */
export const layoutCommand: AddCommand = (program, context) => {
  const layout = program
    .command("layout")
    .description("check a plant layout, make one from a configuration, or invent one")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos layout check plant.json\n  stethos layout auto -c agent.yaml > plant.json\n  stethos layout generate --points 100000 > large.json",
    );
  addCheck(layout, context);
  addAuto(layout, context);
  addGenerate(layout, context);
};

function addCheck(layout: Command, context: CliContext): void {
  layout
    .command("check <file>")
    .description("check a plant-layout/v1 file, JSON or YAML")
    .option("--json", "problems as JSON on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos layout check plant.json\n  stethos layout check plant.yaml --json | jq .problems",
    )
    .action((file: string, options: { readonly json?: true }) => {
      try {
        const { layout: checked, warnings } = readLayout(file);
        const counts = countsOf(checked);
        if (warnings.length > 0 && !options.json)
          say(context, `Warnings:\n${describeProblems(file, warnings)}`);
        const text = `${file} is good: ${counts.areas} areas, ${counts.templates} templates, ${counts.assets} assets, ${counts.points} points`;
        context.stdout.write(`${options.json ? JSON.stringify({ ok: true, ...counts, warnings }) : text}\n`);
      } catch (thrown) {
        if (options.json && thrown instanceof ConfigError)
          context.stdout.write(`${JSON.stringify({ ok: false, file, problems: thrown.problems })}\n`);
        throw thrown;
      }
    });
}

function addAuto(layout: Command, context: CliContext): void {
  layout
    .command("auto")
    .description("make a layout from the machines and tags of a configuration, to go on from")
    .requiredOption("-c, --config <file>", "configuration file")
    .option("--json", "on one line")
    .addHelpText("after", "\nExamples:\n  stethos layout auto -c agent.yaml > plant.json")
    .action(async ({ config: file, json }: { readonly config: string; readonly json?: true }) => {
      const config = await readConfig(file, context);
      const { site, timeZone } = config.settings;
      print(context, autoLayout({ ...config, site, timeZone }), json);
    });
}

function addGenerate(layout: Command, context: CliContext): void {
  layout
    .command("generate")
    .description("invent a plant of any size, to try screens with")
    .requiredOption("--points <n>", "points, 1 to 2,000,000", wholeNumber)
    .option("--seed <n>", "another number, another plant", wholeNumber, 1)
    .option("--site <name>", "ISA-95 site", "plant")
    .option("--json", "on one line")
    .addHelpText("after", "\nExamples:\n  stethos layout generate --points 100000 --seed 7 > large.json")
    .action((options: { points: number; seed: number; site: string; json?: true }) => {
      print(context, syntheticLayout(options), options.json);
    });
}

const countsOf = (checked: PlantLayout) => ({
  areas: checked.areas.length,
  templates: checked.templates.length,
  assets: checked.assets.length,
  points: expandLayout(checked).pointCount,
});

/** One asset a line, so that people and version control can follow. */
function print(context: CliContext, layout: PlantLayout, isOneLine: boolean | undefined): void {
  context.stdout.write(`${isOneLine ? JSON.stringify(layout) : layoutText(layout)}\n`);
}

/** A layout as text with one thing a line. */
function layoutText(layout: PlantLayout): string {
  const entries = Object.entries(layout).map(([name, value]) => {
    const text = Array.isArray(value)
      ? `[\n${value.map((item) => `    ${JSON.stringify(item)}`).join(",\n")}\n  ]`
      : JSON.stringify(value);
    return `  ${JSON.stringify(name)}: ${text}`;
  });
  return `{\n${entries.join(",\n")}\n}`;
}
