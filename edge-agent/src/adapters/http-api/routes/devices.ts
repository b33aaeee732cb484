import { LANGUAGES } from "@stethos/protocol-finger/diagnosis";
import { z } from "zod";
import type { DeviceState } from "../../../ports/plant.ts";
import type { Api, ApiContext } from "../api-types.ts";
import { deviceDetailDto, deviceDto } from "../device-dto.ts";
import { HttpProblem, quoted } from "../problem.ts";
import { idParams, refusals, signedBody } from "../requests.ts";
import { device, deviceDetail } from "../schemas.ts";

const languageQuery = z.strictObject({
  lang: z.enum(LANGUAGES).default("en").describe("Language of causes and advice"),
});

export function deviceRoutes(app: Api, { plant, logger }: ApiContext): void {
  function known(name: string): DeviceState {
    const found = plant.status().devices.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw new HttpProblem("not-found", `there is no device ${quoted(name)}; GET /v1/devices lists them`);
  }

  app.get(
    "/v1/devices",
    {
      config: { right: "look" },
      schema: {
        operationId: "listDevices",
        summary: "The devices: whether they answer, who they are, how they are read and what is wrong",
        querystring: languageQuery,
        response: { 200: z.array(device), ...refusals },
      },
    },
    async (request) => plant.status().devices.map((one) => deviceDto(one, request.query.lang)),
  );

  app.get(
    "/v1/devices/:id",
    {
      config: { right: "look" },
      schema: {
        operationId: "getDevice",
        summary: "One device, with the evidence of who it is",
        params: idParams,
        querystring: languageQuery,
        response: { 200: deviceDetail, ...refusals },
      },
    },
    async (request) => deviceDetailDto(known(request.params.id), request.query.lang),
  );

  app.post(
    "/v1/devices/:id/identify",
    {
      config: { right: "identify" },
      schema: {
        operationId: "identifyDevice",
        summary: "Ask a device afresh who it is; it is not read meanwhile",
        params: idParams,
        querystring: languageQuery,
        body: signedBody,
        response: { 202: deviceDetail, ...refusals },
      },
    },
    async (request, reply) => {
      const { name } = known(request.params.id);
      const { by } = request.body;
      const outcome = plant.identify(name);
      if (outcome !== "started") throw new HttpProblem("conflict", `${quoted(name)} ${WHY_NOT[outcome]}`);
      logger.info({ device: name, by, from: request.ip }, "a device is identified afresh");
      return reply.code(202).send(deviceDetailDto(known(name), request.query.lang));
    },
  );
}

const WHY_NOT = {
  configured: "is read as the configuration says; only devices with protocol auto are identified",
  "too-soon": "was identified a moment ago, or is not running; try again in a minute",
  unknown: "is not running",
} as const;
