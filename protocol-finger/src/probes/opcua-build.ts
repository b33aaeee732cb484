import { isBad } from "../wire/opcua-status.ts";
import type { UaDataValue } from "../wire/opcua-value.ts";
import { createNoter } from "./note.ts";
import type { Visit } from "./probe.ts";

/** What a server says of itself, each with the fact that it makes (OPC 10000-5, Server object; node ids: OPC 10000-6,
 *  annex A). */
export const BUILD_NODES = [
  { node: "i=2261", name: "productName" },
  { node: "i=2262", name: "buildProductUri" },
  { node: "i=2263", name: "manufacturer" },
  { node: "i=2264", name: "softwareVersion" },
  { node: "i=2265", name: "buildNumber" },
  { node: "i=2255", name: "namespaces" },
  { node: "i=11705", name: "maxNodesPerRead" },
  { node: "i=11714", name: "maxMonitoredItemsPerCall" },
  { node: "i=24095", name: "maxSessions" },
] as const;

export function noteBuild(visit: Visit, values: readonly UaDataValue[], bytes: Buffer): void {
  const note = createNoter(visit, "opcua", bytes);
  for (const [at, { node, name }] of BUILD_NODES.entries()) {
    const { value = null, status = 0 } = values[at] ?? {};
    if (isBad(status) || value === null) continue;
    const plain = typeof value === "object" ? value.join(" ") : value;
    note(name, plain, `${name} ${plain} (${node})`);
  }
}
