import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import { createCursor } from "./cursor.ts";
import { readNodeId } from "./opcua-binary.ts";
import { encodeNodeId } from "./opcua-node-id.ts";
import * as request from "./opcua-request.ts";
import { requestKind } from "./opcua-request-kind.ts";
import { isBad, statusName } from "./opcua-status.ts";
import { WireError } from "./wire-error.ts";

const context = { channel: 5, token: 1, session: hex("0500000200 0000cafe"), sequence: 3, timeUs: undefined };
const name = { applicationUri: "urn:a", name: "a" };
const node = hex("0100 d508");

const REQUESTS = [
  ["hello", request.encodeHello("opc.tcp://plc:4840", 0)],
  ["openChannel", request.encodeOpenChannel(context, false, 10_000)],
  ["closeChannel", request.encodeCloseChannel(context)],
  ["getEndpoints", request.encodeGetEndpoints(context, "opc.tcp://plc:4840")],
  ["createSession", request.encodeCreateSession(context, name, "opc.tcp://plc:4840", 10_000)],
  ["activateSession", request.encodeActivateSession(context, "anonymous")],
  ["read", request.encodeRead(context, [node, node])],
  ["closeSession", request.encodeCloseSession(context)],
] as const;

describe("a request to an OPC UA server", () => {
  it("says hello as the public captures have it", () => {
    // Limits as the standard's least and most; form: OPC 10000-6, 7.1.2.3.
    expect(request.encodeHello("opc.tcp://a", 0)).toEqual(
      hex("48454c46 2b000000 00000000 ffff0000 ffff0000 00000000 00000000 0b000000 6f70632e7463703a2f2f61"),
    );
  });

  it("reads values alone, with the time of their source", () => {
    const bytes = request.encodeRead({ ...context, session: Buffer.alloc(0), timeUs: 0 }, [node]);
    expect(bytes.toString("hex")).toBe(
      [
        "4d534746 5b000000 05000000 01000000 03000000 03000000 01007702",
        "0000 00803ed5deb19d01 03000000 00000000 ffffffff 10270000 000000",
        "0000000000000000 00000000 01000000 0100d508 0d000000 ffffffff 0000 ffffffff",
      ]
        .join("")
        .replaceAll(" ", ""),
    );
  });

  it.each(REQUESTS)("is known for what it is: %s", (kind, bytes) => {
    expect(requestKind(bytes)).toBe(kind);
    refusesEveryPrefix(bytes, requestKind);
    survivesAnything(requestKind, [bytes]);
  });

  it.each([
    ["write", 673],
    ["call a method", 712],
    ["add nodes", 488],
    ["subscribe", 787],
    ["browse", 527],
  ])("is refused where it would %s", (_name, id) => {
    const bytes = Buffer.from(request.encodeRead(context, [node]));
    bytes.writeUInt16LE(id, 26);
    expect(() => requestKind(bytes)).toThrow(WireError);
  });

  it("is refused with security, with more than it says, and in the wrong kind of message", () => {
    const secured = request.encodeOpenChannel(context, true, 1);
    secured.write("#Sign", 12 + 4 + "http://opcfoundation.org/UA/SecurityPolicy".length);
    expect(() => requestKind(secured)).toThrow("a policy other than None");
    expect(() => requestKind(Buffer.concat([REQUESTS[0][1], hex("00")]))).toThrow("a size of");
    const padded = Buffer.concat([REQUESTS[0][1], hex("00")]);
    padded.writeUInt32LE(padded.length, 4);
    expect(() => requestKind(padded)).toThrow("bytes follow the endpoint");
    const misplaced = Buffer.from(REQUESTS[2][1]);
    misplaced.write("MSG");
    expect(() => requestKind(misplaced)).toThrow("MSGF asks for i=452");
  });
});

describe("a node id", () => {
  it.each(["i=2258", "ns=2;i=4294967295", 'ns=3;s="Data".Values[5]', "s=a;b=c", "ns=1;b=YWI="])(
    "is the same on the wire and back: %s",
    (text) => {
      expect(readNodeId(createCursor(encodeNodeId(text) ?? Buffer.alloc(0))).text).toBe(text);
    },
  );

  it("survives the wire as a GUID", () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(65_535), (guid, namespace) => {
        const text = namespace === 0 ? `g=${guid}` : `ns=${namespace};g=${guid}`;
        const bytes = encodeNodeId(text) ?? Buffer.alloc(0);
        expect(readNodeId(createCursor(bytes))).toEqual({ text, bytes });
      }),
    );
  });

  it.each([
    "",
    "i=",
    "i=-1",
    "i=1.5",
    "i=4294967296",
    "ns=65536;i=1",
    "x=1",
    "g=123",
    "b=*",
    "nsu=urn:a;i=1",
  ])("is refused: %j", (text) => {
    expect(encodeNodeId(text)).toBeUndefined();
  });

  it("is no longer than a node's may be", () => {
    expect(encodeNodeId(`s=${"a".repeat(4096)}`)).toBeDefined();
    expect(encodeNodeId(`s=${"a".repeat(4097)}`)).toBeUndefined();
  });
});

describe("a status code", () => {
  it("has its name, whatever flags it bears, or its number", () => {
    expect(statusName(0x8083_0000)).toBe("BadTcpEndpointUrlInvalid");
    expect(statusName(0x0000_0480)).toBe("Good");
    expect(statusName(0x8999_0001)).toBe("0x89990001");
    expect([0, 0x4000_0000, 0x8000_0000].map(isBad)).toEqual([false, false, true]);
  });
});
