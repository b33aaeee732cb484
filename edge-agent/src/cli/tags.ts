import { readConfig } from "../config.ts";
import { columns } from "./columns.ts";
import type { AddCommand } from "./io.ts";

interface Options {
  readonly config: string;
  readonly json?: true;
}

/** Lists what a configuration reads. */
export const tagsCommand: AddCommand = (program, context) => {
  program
    .command("tags")
    .description("list the tags and waveforms of a configuration")
    .requiredOption("-c, --config <file>", "configuration file")
    .option("--json", "one JSON object a line")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos tags -c agent.yaml\n  stethos tags -c agent.yaml --json | jq -r .id",
    )
    .action(async (options: Options) => {
      const { devices } = await readConfig(options.config, context);
      const rows = devices.flatMap(({ plan }) =>
        plan.groups.flatMap((group) => [
          ...group.tags.flatMap((i) => plan.tags[i] ?? []).map((tag) => ({ kind: "tag", tag, group })),
          ...group.waveforms
            .flatMap((i) => plan.waveforms[i] ?? [])
            .map((tag) => ({ kind: "waveform", tag, group })),
        ]),
      );
      if (options.json) {
        for (const { kind, tag, group } of rows) {
          context.stdout.write(
            `${JSON.stringify({ kind, ...tag, group: group.name, periodMs: group.periodMs })}\n`,
          );
        }
        return;
      }
      const cells = rows.map(({ kind, tag, group }) => [
        tag.id,
        kind,
        tag.device,
        tag.address,
        tag.unit,
        `${group.periodMs} ms`,
      ]);
      context.stdout.write(columns([["TAG", "KIND", "DEVICE", "ADDRESS", "UNIT", "PERIOD"], ...cells]));
    });
};
