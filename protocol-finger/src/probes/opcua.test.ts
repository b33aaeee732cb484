import { describe, expect, it } from "vitest";
import { hex } from "../testing/malformed.ts";
import * as ua from "../testing/ua-bytes.ts";
import { encodeRead } from "../wire/opcua-request.ts";
import { type RequestKind, requestKind } from "../wire/opcua-request-kind.ts";
import { opcuaProbe } from "./opcua.ts";
import { isAllowed, play, type Reaction } from "./testing/scripted-visit.ts";

const BUILD = [
  ua.value(12, ua.text("6ES7 511-1AK02-0AB0")),
  ua.value(12, ua.text("https://www.siemens.com/s7-1500")),
  ua.value(12, ua.text("Siemens AG")),
  ua.value(12, ua.text("V02.09.04")),
  ua.badValue(0x8034_0000),
  Buffer.concat([hex("01 8c"), ua.list([ua.text("urn:a"), ua.text("urn:b")])]),
  ua.value(7, ua.int32(1000)),
  ua.value(7, ua.int32(1000)),
  ua.value(5, hex("2000")),
];

/** A server with one open endpoint, and what is to differ from it. */
function server(changes: Partial<Record<RequestKind, Reaction>> = {}) {
  const seen: RequestKind[] = [];
  const answers: Record<RequestKind, Reaction> = {
    hello: ua.acknowledge(),
    openChannel: ua.channelMessage(1, ua.openChannelBody()),
    getEndpoints: ua.serviceMessage(2, [ua.endpointsBody([ua.endpoint()])]),
    createSession: ua.serviceMessage(3, [ua.sessionBody()]),
    activateSession: ua.serviceMessage(4, [ua.activeBody()]),
    read: ua.serviceMessage(5, [ua.readBody(BUILD)]),
    closeSession: ua.serviceMessage(6, [ua.closedBody()]),
    closeChannel: "closed",
    ...changes,
  };
  return {
    seen,
    react(frame: Buffer): Reaction {
      const kind = requestKind(frame);
      seen.push(kind);
      return answers[kind];
    },
  };
}

const endpoints = (...list: readonly Buffer[]) => ua.serviceMessage(2, [ua.endpointsBody(list)]);

describe("the OPC UA probe", () => {
  it("learns what the server was built as, and leaves nothing open", async () => {
    const plc = server();
    const played = await play(opcuaProbe, plc);
    expect(played.facts).toMatchObject({
      "opcua.speaks": true,
      "opcua.receiveBytes": 65_535,
      "opcua.sendBytes": 8192,
      "opcua.endpoints": 1,
      "opcua.applicationUri": "urn:SIMATIC.S7-1500.OPC-UA.Application:PLC_1",
      "opcua.productUri": "https://www.siemens.com/s7-1500",
      "opcua.policies": "None",
      "opcua.anonymous": true,
      "opcua.endpointHosts": "192.0.2.7",
      "opcua.endpointHostMatches": true,
      "opcua.productName": "6ES7 511-1AK02-0AB0",
      "opcua.manufacturer": "Siemens AG",
      "opcua.softwareVersion": "V02.09.04",
      "opcua.namespaces": "urn:a urn:b",
      "opcua.maxNodesPerRead": 1000,
      "opcua.maxMonitoredItemsPerCall": 1000,
      "opcua.maxSessions": 32,
    });
    expect(played.facts["opcua.buildNumber"]).toBeUndefined();
    expect(plc.seen).toEqual([
      "hello",
      "openChannel",
      "getEndpoints",
      "createSession",
      "activateSession",
      "read",
      "closeSession",
      "closeChannel",
    ]);
    expect(played).toMatchObject({ connections: 1, open: 0 });
  });

  it("takes an answer in several chunks", async () => {
    const body = ua.endpointsBody([ua.endpoint()]);
    const played = await play(
      opcuaProbe,
      server({ getEndpoints: ua.serviceMessage(2, [body.subarray(0, 40), body.subarray(40)]) }),
    );
    expect(played.facts["opcua.endpoints"]).toBe(1);
  });

  it("opens no session where security or a user is wanted", async () => {
    const plc = server({
      getEndpoints: endpoints(
        ua.endpoint({ mode: 3, policy: "Basic256Sha256", url: "opc.tcp://PLC-7:4840/a" }),
        ua.endpoint({ tokens: [{ policyId: "user", kind: 1 }], url: "opc.tcp://[fe80::1]:4840" }),
      ),
    });
    const played = await play(opcuaProbe, plc);
    expect(played.facts).toMatchObject({
      "opcua.anonymous": false,
      "opcua.policies": "Basic256Sha256,None",
      "opcua.endpointHosts": "PLC-7,fe80::1",
      "opcua.endpointHostMatches": false,
    });
    expect(plc.seen).toEqual(["hello", "openChannel", "getEndpoints", "closeChannel"]);
  });

  it("opens no session that it could not close", async () => {
    const plc = server();
    await play(opcuaProbe, { ...plc, frames: 7 });
    expect(plc.seen).toEqual(["hello", "openChannel", "getEndpoints", "closeChannel"]);
    const poor = server();
    await play(opcuaProbe, { ...poor, frames: 3 });
    expect(poor.seen).toEqual(["hello"]);
    const none = server();
    await play(opcuaProbe, { ...none, frames: 0 });
    expect(none.seen).toEqual([]);
  });

  it.each([
    ["activateSession", ua.serviceMessage(4, [ua.fault(0x8021_0000)]), "BadIdentityTokenRejected"],
    ["read", ua.serviceMessage(5, [ua.fault(0x8010_0000)]), "BadTooManyOperations"],
  ] as const)("closes its session where the server refuses %s", async (kind, refusal, error) => {
    const plc = server({ [kind]: refusal });
    const played = await play(opcuaProbe, plc);
    expect(played.facts["opcua.error"]).toBe(error);
    expect(plc.seen.slice(-2)).toEqual(["closeSession", "closeChannel"]);
  });

  it("has none to close where the server has no session left", async () => {
    const plc = server({ createSession: ua.serviceMessage(3, [ua.fault(0x8056_0000)]) });
    const played = await play(opcuaProbe, plc);
    expect(played.facts["opcua.error"]).toBe("BadTooManySessions");
    expect(plc.seen.slice(-2)).toEqual(["createSession", "closeChannel"]);
  });

  it("notes why a server does not want the address", async () => {
    const played = await play(opcuaProbe, server({ hello: ua.errorMessage(0x8083_0000, "unknown") }));
    expect(played.facts).toEqual({ "opcua.speaks": true, "opcua.error": "BadTcpEndpointUrlInvalid" });
    expect(played.sent).toHaveLength(1);
  });

  it.each([
    ["silence", undefined, "silence"],
    ["an end", "closed", "closed"],
    ["a web page", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"), "garbage"],
    ["half an answer", ua.acknowledge().subarray(0, 20), "garbage"],
    ["a service before its time", ua.serviceMessage(1, [ua.closedBody()]), undefined],
  ] as const)("stops after %s to its hello", async (_name, reaction, fact) => {
    const played = await play(opcuaProbe, server({ hello: reaction }));
    expect(played.facts["opcua.hello"]).toBe(fact);
    expect(played.facts["opcua.speaks"]).toBeUndefined();
    expect(played.sent).toHaveLength(1);
  });

  it("takes an acknowledgement for no answer to a request", async () => {
    const played = await play(opcuaProbe, server({ openChannel: ua.acknowledge() }));
    expect(played.facts["opcua.channel"]).toBe("garbage");
  });

  it("notes a certificate, and that one cannot be read", async () => {
    const odd = await play(
      opcuaProbe,
      server({ getEndpoints: endpoints(ua.endpoint({ mode: 3, certificate: hex("3000") })) }),
    );
    expect(odd.facts["opcua.certificate"]).toBe("unreadable");
  });

  it("says so where a server has no endpoint, and does without a closed port", async () => {
    const played = await play(opcuaProbe, server({ getEndpoints: endpoints() }));
    expect(played.facts["opcua.endpoints"]).toBe(0);
    const closed = await play(opcuaProbe, { ...server(), refuse: () => true });
    expect(closed).toMatchObject({ facts: {}, sent: [], open: 0 });
  });

  it("has no rule that allows to write, call or subscribe", () => {
    const context = { channel: 5, token: 1, session: Buffer.alloc(0), sequence: 3, timeUs: undefined };
    const read = encodeRead(context, [hex("0100d508")]);
    expect(isAllowed(opcuaProbe, read)).toBe(true);
    for (const id of [673, 676, 700, 712, 787, 751, 488, 500]) {
      const other = Buffer.from(read);
      other.writeUInt16LE(id, 26);
      expect(isAllowed(opcuaProbe, other), `request ${id}`).toBe(false);
    }
  });
});
