import { z } from "zod";
import { waveformDto } from "../../../core/feed-map.ts";
import type { Sensor } from "../../../core/machine.ts";
import type { Waveform } from "../../../core/waveform.ts";
import type { StoredWaveform } from "../../../ports/history.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { countParam, idParams, noQuery, refusals, withinTime } from "../requests.ts";
import { spectrogram, waveform } from "../schemas.ts";
import { spectrogramDto } from "../spectrogram-dto.ts";

// A block may hold a million samples; so many are a screen's picture many times over, and an answer below 1 MB.
const MOST_SAMPLES = 65_536;

const stretchQuery = z.strictObject({
  first: z.coerce
    .number<string>()
    .pipe(
      z
        .int()
        .min(0)
        .max(2 ** 31),
    )
    .default(0)
    .describe("Index of the first sample"),
  most: countParam(MOST_SAMPLES, MOST_SAMPLES).describe("Samples from there"),
});

export function waveformRoutes(app: Api, context: ApiContext): void {
  const { plant, history, clock, view, createFft } = context;

  function newest(id: string): { readonly sensor: Sensor; readonly block: Waveform } {
    const sensor = view.findSensor(id);
    if (sensor === undefined) {
      throw new HttpProblem("not-found", `there is no sensor ${quoted(id)}; GET /v1/machines lists them`);
    }
    const block = plant.newestWaveform(id);
    if (block !== undefined) return { sensor, block };
    throw new HttpProblem("not-found", `sensor ${quoted(id)} has sent no waveform yet`);
  }

  async function around(alarm: string, signal: AbortSignal): Promise<readonly StoredWaveform[]> {
    const stored = await history.waveforms(alarm, signal);
    if (stored.length > 0 || plant.alarms().some((one) => one.id === alarm)) return stored;
    throw new HttpProblem(
      "not-found",
      `there is no alarm ${quoted(alarm)}, or its waveforms are no longer kept`,
    );
  }

  app.get(
    "/v1/sensors/:id/waveform",
    {
      schema: {
        operationId: "getSensorWaveform",
        summary: "The newest waveform of a sensor, or a stretch of it",
        params: idParams,
        querystring: stretchQuery,
        response: { 200: waveform, ...refusals },
      },
    },
    async (request) => {
      const { sensor, block } = newest(request.params.id);
      return waveformDto(sensor.id, sensor.unit, block, request.query);
    },
  );

  app.get(
    "/v1/sensors/:id/spectrogram",
    {
      schema: {
        operationId: "getSensorSpectrogram",
        summary: "Spectrogram of the newest waveform of a sensor",
        params: idParams,
        querystring: noQuery,
        response: { 200: spectrogram, ...refusals },
      },
    },
    async (request) => {
      const { sensor, block } = newest(request.params.id);
      return spectrogramDto(sensor.id, block, createFft);
    },
  );

  app.get(
    "/v1/alarms/:id/waveforms",
    {
      schema: {
        operationId: "listAlarmWaveforms",
        summary: "The waveforms around an alarm",
        params: idParams,
        querystring: stretchQuery,
        response: { 200: z.array(waveform), ...refusals },
      },
    },
    async (request) => {
      const stored = await withinTime(clock, request, (signal) => around(request.params.id, signal));
      return stored.map((one) => waveformDto(one.sensor, one.unit, one.waveform, request.query));
    },
  );

  app.get(
    "/v1/alarms/:id/spectrogram",
    {
      schema: {
        operationId: "getAlarmSpectrogram",
        summary: "Spectrogram of the newest waveform around an alarm",
        params: idParams,
        querystring: noQuery,
        response: { 200: spectrogram, ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const stored = await withinTime(clock, request, (signal) => around(id, signal));
      const last = stored
        .toSorted((a, b) => a.waveform.firstSampleTimeUs - b.waveform.firstSampleTimeUs)
        .at(-1);
      if (last !== undefined) return spectrogramDto(last.sensor, last.waveform, createFft);
      throw new HttpProblem("not-found", `no waveform was kept with alarm ${quoted(id)}`);
    },
  );
}
