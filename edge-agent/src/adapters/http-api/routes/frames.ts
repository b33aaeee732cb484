import type { FrameDto } from "../../../core/feed.ts";
import type { CreateFft } from "../../../core/fft.ts";
import type { Label } from "../../../core/label.ts";
import { labelDto } from "../../../core/rollout/models-dto.ts";
import { rfc3339 } from "../../../core/time.ts";
import type { FieldFrame } from "../../../ports/field-store.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { idParams, noQuery, refusals, withinTime } from "../requests.ts";
import { frame } from "../schemas.ts";
import { spectrogramDto } from "../spectrogram-dto.ts";

export function frameRoutes(app: Api, { field, clock, createFft }: ApiContext): void {
  app.get(
    "/v1/frames/:id",
    {
      config: { right: "look" },
      schema: {
        operationId: "getFrame",
        summary: "A kept frame, of a disagreement or an alarm, with what each model says and its spectrogram",
        params: idParams,
        querystring: noQuery,
        response: { 200: frame, ...refusals },
      },
    },
    async (request) => {
      const { id } = request.params;
      const found = await withinTime(clock, request, (signal) => field.find(id, signal));
      if (found !== undefined) return frameDto(found, createFft);
      throw new HttpProblem("not-found", `there is no frame ${quoted(id)}, or it is no longer kept`);
    },
  );
}

function frameDto(kept: FieldFrame & { readonly label?: Label }, createFft: CreateFft): FrameDto {
  const { samples, healthyFrame: _, timeUs, label, ...head } = kept;
  const firstSampleTimeUs = timeUs - (samples.length / head.sampleRateHz) * 1e6;
  return {
    ...head,
    time: rfc3339(timeUs),
    ...(label && { label: labelDto(label) }),
    spectrogram: spectrogramDto(
      head.sensor,
      { samples, sampleRateHz: head.sampleRateHz, firstSampleTimeUs },
      createFft,
    ),
  };
}
