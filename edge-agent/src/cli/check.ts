import { ConfigError, describeProblems } from "../config/problem.ts";
import { readConfig } from "../config.ts";
import { type AddCommand, say } from "./io.ts";

interface Options {
  readonly config: string;
  readonly json?: true;
}

/** Validates everything, connects to nothing. */
export const checkCommand: AddCommand = (program, context) => {
  program
    .command("check")
    .description("check a configuration; connects to nothing")
    .requiredOption("-c, --config <file>", "configuration file")
    .option("--json", "problems as JSON on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos check -c agent.yaml\n  stethos check -c agent.yaml --json | jq .problems",
    )
    .action(async (options: Options) => {
      try {
        const config = await readConfig(options.config, context);
        const { devices, tags, waveforms, machines, file, warnings } = config;
        const counts = {
          devices: devices.length,
          tags: tags.length,
          waveforms: waveforms.length,
          machines: machines.length,
        };
        const text = `${file} is good: ${counts.devices} devices, ${counts.tags} tags, ${counts.waveforms} waveforms, ${counts.machines} machines`;
        if (warnings.length > 0 && !options.json)
          say(context, `Warnings:\n${describeProblems(options.config, warnings)}`);
        context.stdout.write(`${options.json ? JSON.stringify({ ok: true, ...counts, warnings }) : text}\n`);
      } catch (thrown) {
        if (options.json && thrown instanceof ConfigError) {
          context.stdout.write(
            `${JSON.stringify({ ok: false, file: thrown.file, problems: thrown.problems })}\n`,
          );
        }
        throw thrown;
      }
    });
};
