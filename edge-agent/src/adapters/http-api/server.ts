import type { Server } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import websocket from "@fastify/websocket";
import { type FastifyHttpOptions, type FastifyHttpsOptions, type FastifyInstance, fastify } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import { EdgeError } from "../../core/errors.ts";
import { createAccess } from "./access.ts";
import type { Api, ApiContext, HttpApiDeps } from "./api-types.ts";
import { answerClientError, createErrorHandler, sendMalformedUrl, sendNotFound } from "./error-handler.ts";
import { createFeed } from "./feed.ts";
import { hostsOf, installGuard } from "./guard.ts";
import { installHeaders } from "./headers.ts";
import { type Listener, prepareListener } from "./listener.ts";
import { installOpenApi, openApiRoute } from "./openapi.ts";
import { type HttpApiOptions, httpApiOptions } from "./options.ts";
import { installPage } from "./page.ts";
import { createPlantView } from "./plant-view.ts";
import { alarmDetailRoutes } from "./routes/alarm-details.ts";
import { alarmSourceRoutes } from "./routes/alarm-sources.ts";
import { alarmRoutes } from "./routes/alarms.ts";
import { auditRoutes } from "./routes/audit.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { feedRoute } from "./routes/feed.ts";
import { frameRoutes } from "./routes/frames.ts";
import { labelRoutes } from "./routes/labels.ts";
import { layoutRoutes } from "./routes/layout.ts";
import { machineRoutes } from "./routes/machines.ts";
import { maintenanceRoutes } from "./routes/maintenance.ts";
import { modelRoutes } from "./routes/models.ts";
import { outboxRoutes } from "./routes/outbox.ts";
import { readingRoutes } from "./routes/readings.ts";
import { replayRoutes } from "./routes/replay.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { spectrumRoutes } from "./routes/spectra.ts";
import { statusRoutes } from "./routes/status.ts";
import { traceRoutes } from "./routes/trace.ts";
import { trendRoutes } from "./routes/trends.ts";
import { waveformRoutes } from "./routes/waveforms.ts";
import { createTwinFeed } from "./twin/twin-feed.ts";
import { MOST_REQUEST_BYTES } from "./twin/twin-request.ts";
import { twinRoute } from "./twin/twin-route.ts";

export interface HttpApi {
  /** As a browser writes it: "http://127.0.0.1:8642". */
  readonly address: string;
  /** Screens that listen to the feed. */
  feedClients(): number;
  /** Ends what runs, says goodbye to the feed's clients and closes, within about a second. */
  close(): Promise<void>;
}

const BODY_LIMIT = 16 * 1024;
const HEADER_LIMIT = 16 * 1024;
// An id of 512 characters, each of them percent-encoded.
const PARAMETER_LIMIT = 1536;
const REQUEST_MS = 10_000;
const KEEP_ALIVE_MS = 30_000;
const MOST_CONNECTIONS = 256;

/** Starts the agent's HTTP API and feed.
 *  @throws EdgeError API_REFUSED when it would not be safe, or cannot listen */
export async function createHttpApi(options: HttpApiOptions, deps: HttpApiDeps): Promise<HttpApi> {
  const settings = httpApiOptions.parse(options);
  const logger = deps.logger.child({ component: "http-api" });
  const listener = await prepareListener(settings, logger);
  const app = createServer(listener);
  const view = createPlantView(deps.plant, deps.rollouts);
  const context: ApiContext = {
    ...deps,
    logger,
    view,
    feed: createFeed({ ...deps, logger, view }),
    twin: createTwinFeed({ ...deps, logger }),
    access: createAccess(listener.credentials, listener.tls !== undefined, deps.clock),
  };
  await install(app, context, hostsOf(listener, settings.allowedHosts), listener.tls !== undefined);
  if (settings.webRoot !== undefined) await installPage(app, settings.webRoot);
  await listen(app, listener.address, settings.port);
  const address = addressText(app, listener);
  logger.info({ address, needsToken: listener.credentials.length > 0 }, "the API listens");
  return {
    address,
    feedClients: () => context.feed.clients,
    close: () => app.close(),
  };
}

function createServer(listener: Listener): FastifyInstance {
  const limits = { maxHeaderSize: HEADER_LIMIT, headersTimeout: REQUEST_MS };
  const options: FastifyHttpsOptions<HttpsServer> & FastifyHttpOptions<Server> = {
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: PARAMETER_LIMIT },
    frameworkErrors: sendMalformedUrl,
    clientErrorHandler: answerClientError,
    http: limits,
    https: listener.tls === undefined ? null : { ...limits, ...listener.tls, minVersion: "TLSv1.2" },
  };
  const app = fastify<Server>(options);
  app.server.maxConnections = MOST_CONNECTIONS;
  return app;
}

async function install(
  app: FastifyInstance,
  context: ApiContext,
  hosts: ReadonlySet<string> | undefined,
  secure: boolean,
): Promise<void> {
  app.setErrorHandler(createErrorHandler(context.logger));
  app.setNotFoundHandler(sendNotFound);
  app.setValidatorCompiler(validatorCompiler);
  // The compiler has checked what routes answer; checking each answer again would cost more than making it.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeContentTypeParser("text/plain");
  installHeaders(app, secure);
  await app.register(websocket, {
    options: { maxPayload: MOST_REQUEST_BYTES, perMessageDeflate: false },
    preClose: async () => {
      await Promise.all([context.feed.close(), context.twin.close()]);
    },
    errorHandler: (thrown, socket) => {
      context.logger.debug({ err: thrown }, "a feed client broke off");
      socket.terminate();
    },
  });
  installGuard(app, { access: context.access, hosts });
  await installOpenApi(app, context.plant.status().version);
  const api = app as unknown as Api;
  for (const routes of [
    statusRoutes,
    sessionRoutes,
    deviceRoutes,
    layoutRoutes,
    machineRoutes,
    alarmRoutes,
    alarmDetailRoutes,
    alarmSourceRoutes,
    auditRoutes,
    outboxRoutes,
    traceRoutes,
    waveformRoutes,
    spectrumRoutes,
    maintenanceRoutes,
    readingRoutes,
    trendRoutes,
    modelRoutes,
    frameRoutes,
    labelRoutes,
    feedRoute,
    twinRoute,
    replayRoutes,
    openApiRoute,
  ]) {
    routes(api, context);
  }
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw new EdgeError(
      "API_REFUSED",
      `cannot listen at ${host} port ${port}; is another agent running? Stop it, or choose another api.port`,
      { cause },
    );
  }
}

function addressText(app: FastifyInstance, listener: Listener): string {
  const { address, family, port } = app.server.address() as AddressInfo;
  const host = family === "IPv6" ? `[${address}]` : address;
  return `${listener.tls ? "https" : "http"}://${host}:${port}`;
}
