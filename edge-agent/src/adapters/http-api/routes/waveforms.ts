import { z } from "zod";
import { waveformDto } from "../../../core/feed-map.ts";
import { spectrogramAgainst } from "../against-baseline.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { createHeardBlocks } from "../heard-blocks.ts";
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

const againstQuery = z.strictObject({
  against: z
    .literal("baseline")
    .optional()
    .describe("Band by band the difference from the healthy machine, dB, the level of the whole taken out"),
});

export function waveformRoutes(app: Api, context: ApiContext): void {
  const { plant, clock, healthyOf, createFft } = context;
  const blocks = createHeardBlocks(context);

  app.get(
    "/v1/sensors/:id/waveform",
    {
      config: { right: "look" },
      schema: {
        operationId: "getSensorWaveform",
        summary: "The newest waveform of a sensor, or a stretch of it",
        params: idParams,
        querystring: stretchQuery,
        response: { 200: waveform, ...refusals },
      },
    },
    async (request) => {
      const { sensor, block } = blocks.newestOf(request.params.id);
      return waveformDto(sensor.id, sensor.unit, block, request.query);
    },
  );

  app.get(
    "/v1/sensors/:id/spectrogram",
    {
      config: { right: "look" },
      schema: {
        operationId: "getSensorSpectrogram",
        summary: "Spectrogram of the newest waveform of a sensor, or how it differs from the healthy machine",
        params: idParams,
        querystring: againstQuery,
        response: { 200: spectrogram, ...refusals },
      },
    },
    async (request) => {
      const { sensor, block } = blocks.newestOf(request.params.id);
      if (request.query.against === undefined) return spectrogramDto(sensor.id, block, createFft);
      const healthy = healthyOf(sensor, plant.newestScore(sensor.id)?.shaftHz ?? 0);
      if (healthy !== undefined) return spectrogramAgainst(healthy, sensor.id, block, createFft);
      throw new HttpProblem("conflict", `${quoted(sensor.id)} has no baseline at its present speed yet`);
    },
  );

  app.get(
    "/v1/alarms/:id/waveforms",
    {
      config: { right: "look" },
      schema: {
        operationId: "listAlarmWaveforms",
        summary: "The waveforms around an alarm",
        params: idParams,
        querystring: stretchQuery,
        response: { 200: z.array(waveform), ...refusals },
      },
    },
    async (request) => {
      const stored = await withinTime(clock, request, (signal) => blocks.allOf(request.params.id, signal));
      return stored.map((one) => waveformDto(one.sensor, one.unit, one.waveform, request.query));
    },
  );

  app.get(
    "/v1/alarms/:id/spectrogram",
    {
      config: { right: "look" },
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
      const { sensor, waveform: block } = await withinTime(clock, request, (signal) =>
        blocks.lastOf(id, signal),
      );
      return spectrogramDto(sensor, block, createFft);
    },
  );
}
