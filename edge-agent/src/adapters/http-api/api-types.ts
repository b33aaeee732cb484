import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "@stethos/protocol-finger/clock";
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from "fastify";
import type { z } from "zod";
import type { HealthyBands } from "../../core/band-levels.ts";
import type { CreateFft } from "../../core/fft.ts";
import type { Sensor } from "../../core/machine.ts";
import type { AuditLog } from "../../ports/audit-log.ts";
import type { DataPlane } from "../../ports/data-plane.ts";
import type { FieldStore } from "../../ports/field-store.ts";
import type { History } from "../../ports/history.ts";
import type { Logger } from "../../ports/logger.ts";
import type { Maintenance } from "../../ports/maintenance.ts";
import type { Plant } from "../../ports/plant.ts";
import type { Points } from "../../ports/points.ts";
import type { Rollouts } from "../../ports/rollout.ts";
import type { TraceDesk } from "../../ports/tracer.ts";
import type { TwinRecording } from "../../ports/twin-recording.ts";
import type { Access } from "./access.ts";
import type { Feed } from "./feed.ts";
import type { PlantView } from "./plant-view.ts";
import type { TwinFeed } from "./twin/twin-feed.ts";

export interface HttpApiDeps {
  readonly plant: Plant;
  readonly history: History;
  readonly points: Points;
  readonly twinRecording: TwinRecording;
  readonly rollouts: Rollouts;
  /** Frames that were kept for a label. */
  readonly field: FieldStore;
  /** Work orders that were filed. */
  readonly maintenance: Maintenance;
  /** All metrics in the text format of Prometheus, 0.0.4. */
  metrics(signal: AbortSignal): Promise<string>;
  readonly traces: TraceDesk;
  /** Absent where nothing leaves the agent. */
  readonly dataPlane?: DataPlane | undefined;
  readonly audit: Pick<AuditLog, "newest">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is known of the healthy machine at this speed; undefined while it is not. */
  healthyOf(sensor: Sensor, shaftHz: number): HealthyBands | undefined;
  /** For spectra and spectrograms. */
  readonly createFft: CreateFft;
  /** Where the models of the layout lie; without it none are served. */
  readonly layoutFolder?: () => string | undefined;
}

/** What routes work with. */
export interface ApiContext extends HttpApiDeps {
  readonly view: PlantView;
  readonly feed: Feed;
  readonly twin: TwinFeed;
  readonly access: Access;
}

/** The core's types are readonly, those that zod infers are not: a route may answer with either. */
export type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [K in keyof T]: DeepReadonly<T[K]> }
    : T;

/** Types of requests and answers from the zod schemas of the routes. */
interface ZodTypes extends FastifyTypeProvider {
  readonly validator: this["schema"] extends z.ZodType ? z.output<this["schema"]> : unknown;
  readonly serializer: this["schema"] extends z.ZodType ? DeepReadonly<z.output<this["schema"]>> : unknown;
}

export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  ZodTypes
>;
