import type { DiagnosisCode } from "@stethos/protocol-finger";
import { EdgeError } from "../../core/errors.ts";
import type { DriverDeps } from "../../ports/driver.ts";
import type { Connection } from "./connect.ts";
import type { OpcuaOptions } from "./options.ts";
import type { Publishing } from "./publish.ts";
import { readValue } from "./read-value.ts";
import type { Subscription } from "./subscribe.ts";

export interface HeartbeatJob {
  readonly connection: Connection;
  readonly subscriptions: readonly Subscription[];
  readonly publishing: Publishing;
  readonly options: Pick<OpcuaOptions, "heartbeatMs" | "requestTimeoutMs">;
  readonly deps: DriverDeps;
}

// Standard node and its values (OPC 10000-5, ServerState).
const SERVER_STATE = "i=2259";
const STATES = [
  "Running",
  "Failed",
  "NoConfiguration",
  "Suspended",
  "Shutdown",
  "Test",
  "CommunicationFault",
  "Unknown",
];

/** Reads the server's state now and then, so that a connection that is open on one side only, and a subscription
 *  that fell silent, are noticed. Rejects when one is. */
export async function beat(job: HeartbeatJob, signal: AbortSignal): Promise<never> {
  const { connection, options, deps } = job;
  const read = {
    connection,
    nodeId: SERVER_STATE,
    clock: deps.clock,
    limitMs: options.requestTimeoutMs,
  };
  let told = "Running";
  while (true) {
    await deps.clock.sleep(options.heartbeatMs, signal);
    const got = await readValue(read, signal);
    const state = STATES[Number(got.value?.value ?? 0)] ?? "Unknown";
    if (state !== told) deps.logger.warn({ server: connection.url, state }, "the server changed its state");
    told = state;
    checkSubscriptions(job);
  }
}

function checkSubscriptions({ connection, subscriptions, publishing, options, deps }: HeartbeatJob): void {
  const now = deps.clock.monotonicMs();
  for (const subscription of subscriptions) {
    const silentMs = now - publishing.lastHeardMs(subscription);
    // One keep-alive may be on its way while the next is due.
    if (silentMs <= 2 * subscription.keepAliveMs + options.requestTimeoutMs) continue;
    throw new EdgeError(
      "PLC_TIMEOUT",
      `${connection.url} answers, but the subscription of group ${subscription.group.name} was silent for ${Math.round(silentMs)} ms; it is made anew`,
      { diagnosis: "OPCUA_SUBSCRIPTION_LOST" satisfies DiagnosisCode },
    );
  }
}
