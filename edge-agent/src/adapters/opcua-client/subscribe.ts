import type { MonitoredItemCreateRequestOptions, NodeId } from "node-opcua";
import { EdgeError } from "../../core/errors.ts";
import { StatusCode } from "../../core/quality.ts";
import type { DriverDeps, ScanGroup, ScanPlan } from "../../ports/driver.ts";
import type { OpcuaAddress } from "./address.ts";
import { ask } from "./ask.ts";
import type { Connection } from "./connect.ts";
import type { Items } from "./items.ts";
import type { OpcuaOptions } from "./options.ts";
import type { ServerFacts } from "./server-facts.ts";

/** A scan group as the server took it. */
export interface Subscription {
  readonly id: number;
  readonly group: ScanGroup;
  /** The longest silence of a subscription that lives. */
  readonly keepAliveMs: number;
}

/** An item that the server does not watch, and why. */
export interface Refused {
  readonly handle: number;
  readonly status: number;
}

export interface Watched {
  readonly subscriptions: readonly Subscription[];
  readonly refused: readonly Refused[];
  /** The most that one request may hold, as far as the server has taught. */
  readonly itemsPerCall: number;
}

export interface SubscribeJob {
  readonly connection: Connection;
  readonly plan: ScanPlan;
  readonly items: Items;
  readonly facts: ServerFacts;
  readonly options: OpcuaOptions;
  readonly deps: DriverDeps;
  readonly signal: AbortSignal;
}

// OPC 10000-4, AttributeIds, TimestampsToReturn, MonitoringMode.
const VALUE = 13;
const BOTH_TIMES = 2;
const REPORTING = 2;
// Bad_TooManyOperations (OPC 10000-6, A.2).
const TOO_MANY_OPERATIONS = 0x80100000;
// The server ends a subscription that nobody fetches from after this time, or three times its keep-alive.
const LIFETIME_MS = 60_000;

/** One subscription for each scan group, its items in requests that the server allows. */
export async function subscribe(job: SubscribeJob): Promise<Watched> {
  const subscriptions: Subscription[] = [];
  const refused: Refused[] = [];
  // A server that refuses a request for its size refuses the next ones too.
  const pace = { itemsPerCall: job.facts.itemsPerCall };
  for (const group of job.plan.groups) {
    const subscription = await createSubscription(job, group);
    subscriptions.push(subscription);
    await createItems(job, subscription, pace, refused);
  }
  return { subscriptions, refused, itemsPerCall: pace.itemsPerCall };
}

async function createSubscription(job: SubscribeJob, group: ScanGroup): Promise<Subscription> {
  const { options } = job;
  const interval = options.publishingIntervalMs ?? group.periodMs;
  const keepAliveCount = Math.max(1, Math.round(options.keepAliveMs / interval));
  const lifetimeCount = Math.max(3 * keepAliveCount, Math.ceil(LIFETIME_MS / interval));
  const made = await request(job, `subscription for group ${group.name}`, () =>
    job.connection.session.createSubscription({
      requestedPublishingInterval: interval,
      requestedMaxKeepAliveCount: keepAliveCount,
      requestedLifetimeCount: lifetimeCount,
      maxNotificationsPerPublish: 0,
      publishingEnabled: true,
      priority: 0,
    }),
  );
  const keepAliveMs = Math.max(
    options.keepAliveMs,
    made.revisedPublishingInterval * made.revisedMaxKeepAliveCount,
  );
  job.deps.logger.debug(
    { group: group.name, publishingMs: made.revisedPublishingInterval, keepAliveMs },
    "subscribed",
  );
  return { id: made.subscriptionId, group, keepAliveMs };
}

interface Wanted {
  readonly handle: number;
  readonly nodeId: NodeId;
  readonly address: OpcuaAddress;
}

async function createItems(
  job: SubscribeJob,
  subscription: Subscription,
  pace: { itemsPerCall: number },
  refused: Refused[],
): Promise<void> {
  const wanted = wantedOf(job, subscription.group, refused);
  let at = 0;
  while (at < wanted.length) {
    const chunk = wanted.slice(at, at + pace.itemsPerCall);
    const results = await createChunk(job, subscription, chunk);
    if (results === "too-many" && chunk.length > 1) {
      pace.itemsPerCall = Math.ceil(chunk.length / 2);
      continue;
    }
    chunk.forEach(({ handle }, i) => {
      const status = results === "too-many" ? TOO_MANY_OPERATIONS : (results[i] ?? 0);
      if (status >>> 31 === 1) refused.push({ handle, status });
    });
    at += chunk.length;
  }
}

function wantedOf(job: SubscribeJob, group: ScanGroup, refused: Refused[]): Wanted[] {
  const { items, facts } = job;
  const handles = [
    ...group.tags.map((tag) => ({ handle: tag, address: items.tags[tag] })),
    ...group.waveforms.map((waveform) => ({
      handle: items.tags.length + waveform,
      address: items.sequences[waveform],
    })),
  ];
  return handles.flatMap(({ handle, address }) => {
    const nodeId = address && facts.nodeIdOf(address);
    if (address !== undefined && nodeId !== undefined) return [{ handle, nodeId, address }];
    refused.push({ handle, status: StatusCode.BadNodeIdUnknown });
    return [];
  });
}

/** The status of each item, or that the request held more than the server takes. */
async function createChunk(
  job: SubscribeJob,
  subscription: Subscription,
  chunk: readonly Wanted[],
): Promise<readonly number[] | "too-many"> {
  try {
    const made = await request(job, "monitored items", () =>
      job.connection.session.createMonitoredItems({
        subscriptionId: subscription.id,
        timestampsToReturn: BOTH_TIMES,
        itemsToCreate: chunk.map((one) => itemRequest(one, subscription.group, job)),
      }),
    );
    const results = made.results ?? [];
    return chunk.map((_, i) => results[i]?.statusCode.value ?? StatusCode.BadCommunicationError);
  } catch (thrown) {
    if (thrown instanceof EdgeError && /BadTooManyOperations|Bad\w*TooLarge/.test(thrown.message))
      return "too-many";
    throw thrown;
  }
}

function itemRequest(
  { handle, nodeId, address }: Wanted,
  group: ScanGroup,
  { connection, options }: SubscribeJob,
): MonitoredItemCreateRequestOptions {
  const { NumericRange } = connection.opcua;
  return {
    itemToMonitor: {
      nodeId,
      attributeId: VALUE,
      ...(address.indexRange !== undefined && { indexRange: new NumericRange(address.indexRange) }),
    },
    monitoringMode: REPORTING,
    requestedParameters: {
      clientHandle: handle,
      samplingInterval: options.samplingIntervalMs ?? group.periodMs,
      queueSize: options.queueSize,
      discardOldest: true,
      // No filter: an S7-1200 refuses any, and deadbands are the agent's own work.
      filter: null,
    },
  };
}

function request<T>(job: SubscribeJob, what: string, work: () => Promise<T>): Promise<T> {
  const asking = {
    clock: job.deps.clock,
    what,
    where: job.connection.url,
    limitMs: job.options.requestTimeoutMs,
  };
  return ask(asking, work, job.signal);
}
