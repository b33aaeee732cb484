import { type FactView, viewFacts } from "./fact-view.ts";
import type { Findings } from "./findings.ts";
import type { Labels } from "./fingerprint.ts";
import type { OpcuaProfile } from "./profile-types.ts";

interface ServerManners {
  readonly nodes: number;
  readonly publishingMs: number;
  readonly sessions?: number;
}

/** Nodes in one call and sessions: benthos-umh, opcua_plugin/server_profiles.go; publishing of an S7-1500:
 *  convertersystems/opc-ua-client #146. */
const BY_FAMILY: Readonly<Record<string, ServerManners>> = {
  "S7-1200": { nodes: 100, publishingMs: 500, sessions: 10 },
  "S7-1500": { nodes: 500, publishingMs: 500, sessions: 32 },
};
const BY_PRODUCT: readonly (readonly [RegExp, ServerManners])[] = [
  [/kepserver|kepware|thingworx/i, { nodes: 1000, publishingMs: 100 }],
  [/ignition/i, { nodes: 100, publishingMs: 100 }],
  [/prosys/i, { nodes: 800, publishingMs: 100 }],
];
const UNKNOWN: ServerManners = { nodes: 50, publishingMs: 100 };

export function opcuaProfile({ host, labels, facts }: Findings, port: number): OpcuaProfile {
  const view = viewFacts(facts);
  const manners = mannersOf(labels, view);
  // 0 says that there is no limit (OPC 10000-5, 6.3.11).
  const limits = ["opcua.maxNodesPerRead", "opcua.maxMonitoredItemsPerCall"]
    .map((key) => view.number(key) ?? 0)
    .filter((limit) => limit > 0);
  const sessions = view.number("opcua.maxSessions") ?? manners.sessions;
  return {
    mode: "opcua",
    port,
    why: `OPC UA${view.isTrue("opcua.anonymous") ? "" : ", with security or a user"}`,
    ...(sessions !== undefined && sessions > 0 && { connectionBudget: sessions }),
    connectTimeoutMs: 10_000,
    requestTimeoutMs: 10_000,
    minGapMs: 0,
    jobsInFlight: 1,
    endpointUrl: `opc.tcp://${host.includes(":") ? `[${host}]` : host}:${port}`,
    maxNodesPerCall: Math.min(manners.nodes, ...limits),
    leastPublishingMs: manners.publishingMs,
  };
}

function mannersOf({ family, model }: Labels, view: FactView): ServerManners {
  const names = [view.text("opcua.productName"), view.text("opcua.applicationName"), model].join(" ");
  return BY_FAMILY[family ?? ""] ?? BY_PRODUCT.find(([pattern]) => pattern.test(names))?.[1] ?? UNKNOWN;
}
