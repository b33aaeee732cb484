import { join } from "node:path";
import type { Clock } from "@stethos/protocol-finger/clock";
import { createTwinRecording, defaultTwinRecording } from "../adapters/twin-recording/recording.ts";
import type { AgentConfig } from "../config.ts";
import { expandLayout } from "../core/layout/expand.ts";
import type { Machine } from "../core/machine.ts";
import type { Tag } from "../core/tag.ts";
import { createPointTable, type PointTable } from "../flow/point-table.ts";
import { createTwinRecorder, defaultTwinRecorder } from "../flow/record-twin.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { Telemetry } from "../ports/telemetry.ts";
import type { TwinRecording } from "../ports/twin-recording.ts";

/** The plant in points: the newest of each for the screens, and hours of them on disk. */
export interface Twin {
  readonly points: PointTable;
  readonly recording: TwinRecording;
  setPlant(
    config: Pick<AgentConfig, "layout">,
    machines: readonly Machine[],
    tags: readonly Tag[],
    deviceOf: (waveform: number) => string,
  ): void;
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface TwinDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly dataFolder: string;
}

export async function createTwin(deps: TwinDeps): Promise<Twin> {
  const points = createPointTable(deps);
  const recording = await createTwinRecording(
    { ...defaultTwinRecording, folder: join(deps.dataFolder, "twin") },
    deps,
  );
  const recorder = createTwinRecorder(defaultTwinRecorder, { ...deps, points, recording });
  return {
    points,
    recording,
    setPlant(config, machines, tags, deviceOf) {
      points.setPlant(expandLayout(config.layout), {
        tags,
        sensors: machines.flatMap(({ sensors }) =>
          sensors.map(({ id, waveform }) => ({ id, device: deviceOf(waveform) })),
        ),
        usualRangeOf: ({ limits }) =>
          limits === undefined ? undefined : { low: limits.normalLow, high: limits.normalHigh },
      });
    },
    run: recorder.run,
    close: recording.close,
  };
}
