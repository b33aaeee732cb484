import type { DestinationStream } from "pino";
import type { LogSink, LogSinkFigures } from "./log-sink.ts";
import { createLokiSink, type LokiDeps } from "./loki.ts";
import type { LogSettings } from "./options.ts";
import { createRotatingFile } from "./rotating-file.ts";

export interface LogSinks extends DestinationStream {
  figures(): readonly LogSinkFigures[];
  close(): Promise<void>;
}

/** Every place beside standard error where the configuration wants the log: a destination of pino. */
export function createLogSinks({ file, loki }: LogSettings, deps: LokiDeps): LogSinks {
  const sinks: readonly LogSink[] = [
    ...(file === undefined ? [] : [createRotatingFile(file, deps)]),
    ...(loki === undefined ? [] : [createLokiSink(loki, deps)]),
  ];
  return {
    write(line) {
      for (const sink of sinks) sink.write(line);
    },
    figures: () => sinks.map((sink) => sink.figures()),
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
