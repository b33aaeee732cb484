import { z } from "zod";
import { SPECTRUM_KINDS } from "../../../core/analysis-dto.ts";
import { findAlarm } from "../alarm-list.ts";
import { spectrum } from "../analysis-schemas.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { createHeardBlocks } from "../heard-blocks.ts";
import { idParams, refusals, withinTime } from "../requests.ts";
import { spectrumDto } from "../spectrum-dto.ts";

const query = z.strictObject({
  kind: z
    .enum(SPECTRUM_KINDS)
    .default("velocity")
    .describe(
      "velocity: integrated, 10 .. 1000 Hz (ISO 20816-1); envelope: of the band in which a bearing shows",
    ),
});

export function spectrumRoutes(app: Api, context: ApiContext): void {
  const { plant, clock, view, healthyOf, createFft } = context;
  const blocks = createHeardBlocks(context);

  /** The speed that its scores were reckoned with. */
  const shaftHzOf = (sensor: string): number => plant.newestScore(sensor)?.shaftHz ?? 0;

  /** The speed at which an alarm was raised, as its evidence says. */
  async function shaftHzAt(alarm: string, sensor: string, signal: AbortSignal): Promise<number> {
    const raised = (await findAlarm(context, alarm, signal))?.evidence["shaftHz"];
    return typeof raised === "number" ? raised : shaftHzOf(sensor);
  }

  app.get(
    "/v1/sensors/:id/spectrum",
    {
      config: { right: "look" },
      schema: {
        operationId: "getSensorSpectrum",
        summary: "Amplitude spectrum of the newest waveform of a sensor, with its bearing's lines marked",
        params: idParams,
        querystring: query,
        response: { 200: spectrum, ...refusals },
      },
    },
    async (request) => {
      const { sensor, block } = blocks.newestOf(request.params.id);
      const shaftHz = shaftHzOf(sensor.id);
      const about = { shaftHz, healthy: healthyOf(sensor, shaftHz) };
      return spectrumDto(request.query.kind, sensor, block, about, createFft);
    },
  );

  app.get(
    "/v1/alarms/:id/spectrum",
    {
      config: { right: "look" },
      schema: {
        operationId: "getAlarmSpectrum",
        summary: "Amplitude spectrum of the newest waveform around an alarm, with its bearing's lines marked",
        params: idParams,
        querystring: query,
        response: { 200: spectrum, ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { sensor, unit, waveform, shaftHz } = await withinTime(clock, request, async (signal) => {
        const last = await blocks.lastOf(id, signal);
        return { ...last, shaftHz: await shaftHzAt(id, last.sensor, signal) };
      });
      // A sensor that is no longer configured is still heard, in the unit that was stored.
      const known = view.findSensor(sensor);
      const about = { shaftHz, healthy: known && healthyOf(known, shaftHz) };
      return spectrumDto(request.query.kind, known ?? { id: sensor, unit }, waveform, about, createFft);
    },
  );
}
