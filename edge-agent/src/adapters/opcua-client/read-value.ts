import type { Clock } from "@stethos/protocol-finger/clock";
import type { DataValue, NodeId } from "node-opcua";
import { EdgeError } from "../../core/errors.ts";
import { ask } from "./ask.ts";
import type { Connection } from "./connect.ts";

export interface ValueRead {
  readonly connection: Connection;
  readonly nodeId: NodeId | string;
  readonly indexRange?: string | undefined;
  readonly clock: Clock;
  readonly limitMs: number;
}

// OPC 10000-6, A.1 Attribute Ids.
const VALUE = 13;

/** The value of one node, whatever its status.
 *  @throws EdgeError as ask; PDU_MALFORMED where the answer holds none */
export async function readValue(read: ValueRead, signal: AbortSignal): Promise<DataValue> {
  const { connection, nodeId, indexRange, clock, limitMs } = read;
  const { NumericRange } = connection.opcua;
  const asking = { clock, what: `reading ${nodeId.toString()}`, where: connection.url, limitMs };
  const node = {
    nodeId,
    attributeId: VALUE,
    ...(indexRange !== undefined && { indexRange: new NumericRange(indexRange) }),
  };
  // The types promise a value; a server that answers with an empty list breaks the promise.
  const got: DataValue | undefined = await ask(asking, () => connection.session.read(node), signal);
  if (got === undefined)
    throw new EdgeError(
      "PDU_MALFORMED",
      `${connection.url} answered a read of ${nodeId.toString()} with nothing`,
    );
  return got;
}
