import { type RequestKind, requestKind } from "../wire/opcua-request-kind.ts";
import { decoded } from "./note.ts";
import type { FrameRule } from "./probe.ts";

// Lengths vary with the address, the session and the nodes: each rule decodes.
const SOURCES: Readonly<Record<RequestKind, string>> = {
  hello: "OPC 10000-6, 7.1.2.3; what every client begins with",
  openChannel: "OPC 10000-4, 5.6.2; SecurityPolicy None, which discovery always allows (OPC 10000-4, 5.5.1)",
  closeChannel: "OPC 10000-4, 5.6.3",
  getEndpoints: "OPC 10000-4, 5.5.4; needs no session",
  createSession: "OPC 10000-4, 5.7.2",
  activateSession: "OPC 10000-4, 5.7.3; anonymous",
  read: "OPC 10000-4, 5.11.2",
  closeSession: "OPC 10000-4, 5.7.4",
};

const KINDS = Object.keys(SOURCES).filter((key): key is RequestKind => key in SOURCES);

/** Everything that the probe may send to port 4840. */
export const OPCUA_FRAMES: readonly FrameRule[] = KINDS.map((kind) => ({
  protocol: "opcua",
  name: kind,
  pattern: (frame) => decoded(requestKind, frame) === kind,
  source: SOURCES[kind],
}));
