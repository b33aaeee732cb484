import type { Sensor } from "../../core/machine.ts";
import type { Waveform } from "../../core/waveform.ts";
import type { StoredWaveform } from "../../ports/history.ts";
import type { ApiContext } from "./api-types.ts";
import { HttpProblem, quoted } from "./problem.ts";

/** The waveforms that may be looked at. */
export interface HeardBlocks {
  /** @throws HttpProblem not-found */
  newestOf(sensor: string): { readonly sensor: Sensor; readonly block: Waveform };
  /** @throws HttpProblem not-found where there is no such alarm */
  allOf(alarm: string, signal: AbortSignal): Promise<readonly StoredWaveform[]>;
  /** The newest one. @throws HttpProblem not-found */
  lastOf(alarm: string, signal: AbortSignal): Promise<StoredWaveform>;
}

export function createHeardBlocks({
  plant,
  history,
  view,
}: Pick<ApiContext, "history" | "plant" | "view">): HeardBlocks {
  async function allOf(alarm: string, signal: AbortSignal): Promise<readonly StoredWaveform[]> {
    const stored = await history.waveforms(alarm, signal);
    if (stored.length > 0 || plant.alarms().some((one) => one.id === alarm)) return stored;
    throw new HttpProblem(
      "not-found",
      `there is no alarm ${quoted(alarm)}, or its waveforms are no longer kept`,
    );
  }

  return {
    newestOf(id) {
      const sensor = view.findSensor(id);
      if (sensor === undefined) {
        throw new HttpProblem("not-found", `there is no sensor ${quoted(id)}; GET /v1/machines lists them`);
      }
      const block = plant.newestWaveform(id);
      if (block !== undefined) return { sensor, block };
      throw new HttpProblem("not-found", `sensor ${quoted(id)} has sent no waveform yet`);
    },
    allOf,
    async lastOf(alarm, signal) {
      const stored = await allOf(alarm, signal);
      const last = stored
        .toSorted((a, b) => a.waveform.firstSampleTimeUs - b.waveform.firstSampleTimeUs)
        .at(-1);
      if (last !== undefined) return last;
      throw new HttpProblem("not-found", `no waveform was kept with alarm ${quoted(alarm)}`);
    },
  };
}
