import type { Clock } from "@stethos/protocol-finger/clock";
import type { NodeId } from "node-opcua";
import { unreachable } from "../../core/errors.ts";
import type { OpcuaAddress } from "./address.ts";
import { ask } from "./ask.ts";
import type { Connection } from "./connect.ts";
import type { Opcua } from "./library.ts";
import type { OpcuaOptions } from "./options.ts";

/** What a server says of itself at the start of a session. */
export interface ServerFacts {
  readonly itemsPerCall: number;
  /** Undefined where this server does not know the namespace. */
  nodeIdOf(address: OpcuaAddress): NodeId | undefined;
}

// Standard nodes (OPC 10000-6, A.3 NodeIds.csv).
const NAMESPACE_ARRAY = "i=2255";
const MAX_NODES_PER_READ = "i=11705";
const MAX_MONITORED_ITEMS_PER_CALL = "i=11714";
const VALUE = 13;

// What the smallest controllers allow without saying so; a server with a limit of its own names it.
const UNKNOWN_LIMIT = 100;
// One request of this many items is about 100 kB: more gains nothing.
const MOST_ITEMS_PER_CALL = 1000;

export async function readServerFacts(
  connection: Connection,
  options: Pick<OpcuaOptions, "maxItemsPerCall" | "requestTimeoutMs">,
  clock: Clock,
  signal: AbortSignal,
): Promise<ServerFacts> {
  const nodes = [NAMESPACE_ARRAY, MAX_NODES_PER_READ, MAX_MONITORED_ITEMS_PER_CALL];
  const asking = { clock, what: "server limits", where: connection.url, limitMs: options.requestTimeoutMs };
  const values = await ask(
    asking,
    () => connection.session.read(nodes.map((nodeId) => ({ nodeId, attributeId: VALUE }))),
    signal,
  );
  const [namespaces, ...limits] = values.map((got): unknown => got.value?.value);
  return {
    itemsPerCall: options.maxItemsPerCall ?? itemsPerCall(limits),
    nodeIdOf: (address) => nodeIdOf(connection.opcua, address, Array.isArray(namespaces) ? namespaces : []),
  };
}

/** 0 means that there is no limit (OPC 10000-5, OperationLimitsType). */
function itemsPerCall(limits: readonly unknown[]): number {
  const known = limits.filter((limit): limit is number => typeof limit === "number");
  if (known.length === 0) return UNKNOWN_LIMIT;
  return Math.min(MOST_ITEMS_PER_CALL, ...known.filter((limit) => limit > 0));
}

function nodeIdOf(opcua: Opcua, address: OpcuaAddress, namespaces: readonly unknown[]): NodeId | undefined {
  const { namespace, kind, identifier } = address;
  const index = typeof namespace === "number" ? namespace : namespaces.indexOf(namespace);
  if (index < 0) return undefined;
  const { NodeId, NodeIdType } = opcua;
  switch (kind) {
    case "i":
      return new NodeId(NodeIdType.NUMERIC, Number(identifier), index);
    case "s":
      return new NodeId(NodeIdType.STRING, identifier, index);
    case "g":
      return new NodeId(NodeIdType.GUID, identifier.toUpperCase(), index);
    case "b":
      return new NodeId(NodeIdType.BYTESTRING, Buffer.from(identifier, "base64"), index);
    default:
      return unreachable(kind);
  }
}
