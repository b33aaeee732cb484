import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createCounters } from "../adapters/node/counters.ts";
import { createLogger } from "../adapters/node/logger.ts";
import { openModelFolder } from "../adapters/onnx/loader.ts";
import { createAnalyser } from "../adapters/signal/analyser.ts";
import { createEar } from "./evaluate/ear.ts";
import { judgeDataset } from "./evaluate/judge.ts";
import { readDatasets } from "./evaluate/recordings.ts";
import { renderReport } from "./evaluate/report.ts";
import { type AddCommand, say } from "./io.ts";

interface Options {
  readonly data: string;
  readonly model?: string;
  readonly json?: true;
}

/** Judges model and detector on recordings, beside an RMS limit and an ISO 20816 limit. */
export const evaluateCommand: AddCommand = (program, context) => {
  program
    .command("evaluate")
    .description("judge the model and the detector on recordings, beside an RMS and an ISO 20816 alarm")
    .requiredOption("--data <folder>", "folder with a manifest.json, or of such folders")
    .option("--model <folder>", "model folder; the one that comes with the agent if absent")
    .option("--json", "figures as one JSON object on stdout")
    .addHelpText(
      "after",
      "\nExamples:\n  stethos evaluate --data ./recordings\n  stethos evaluate --data ./recordings --json | jq '.datasets[].methods'",
    )
    .action(async (options: Options) => {
      const datasets = await readDatasets(options.data);
      const deps = {
        clock: createSystemClock(),
        logger: createLogger("warn", context.stderr.isTTY === true),
        telemetry: createCounters(),
      };
      const { signal } = new AbortController();
      const scorer = await openModelFolder(options.model ?? context.modelFolder, {}, deps, signal);
      const analyser = createAnalyser(deps);
      try {
        const figures = [];
        for (const dataset of datasets) {
          figures.push(
            await judgeDataset(dataset, {
              contract: scorer.contract,
              createEar: (sensor) => createEar(sensor, { analyser, scorer }),
              progress: (text) => say(context, text),
            }),
          );
        }
        const model = `${scorer.contract.name} ${scorer.contract.version}`;
        context.stdout.write(
          options.json ? `${JSON.stringify({ model, datasets: figures })}\n` : renderReport(model, figures),
        );
      } finally {
        await analyser.close();
        await scorer.close();
      }
    });
};
