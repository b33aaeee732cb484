import { describe, expect, it } from "vitest";
import { hex, refusesEveryPrefix, survivesAnything } from "../testing/malformed.ts";
import * as ua from "../testing/ua-bytes.ts";
import {
  decodeActivateSession,
  decodeCloseSession,
  decodeCreateSession,
  decodeGetEndpoints,
  decodeOpenChannel,
  decodeRead,
} from "./opcua-answer.ts";
import { WireError } from "./wire-error.ts";

describe("an answer of an OPC UA server", () => {
  it("opens a channel and tells the server's time", () => {
    expect(decodeOpenChannel(ua.openChannelBody())).toEqual({
      kind: "channel",
      channel: 5,
      token: 1,
      lifetimeMs: 10_000,
      timeUs: ua.TIME_US,
    });
  });

  it("lists endpoints", () => {
    const secured = ua.endpoint({
      mode: 3,
      policy: "Basic256Sha256",
      tokens: [{ policyId: "user", kind: 1 }],
      certificate: hex("3082"),
    });
    expect(decodeGetEndpoints(ua.endpointsBody([ua.endpoint(), secured]))).toEqual({
      kind: "endpoints",
      endpoints: [
        {
          url: "opc.tcp://192.0.2.7:4840",
          applicationUri: "urn:SIMATIC.S7-1500.OPC-UA.Application:PLC_1",
          productUri: "https://www.siemens.com/s7-1500",
          applicationName: "SIMATIC.S7-1500.OPC-UA.Application:PLC_1",
          certificate: Buffer.alloc(0),
          securityMode: "None",
          securityPolicyUri: "http://opcfoundation.org/UA/SecurityPolicy#None",
          userTokens: [{ policyId: "anonymous", isAnonymous: true }],
        },
        expect.objectContaining({
          certificate: hex("3082"),
          securityMode: "SignAndEncrypt",
          userTokens: [{ policyId: "user", isAnonymous: false }],
        }),
      ],
    });
  });

  it("gives a session, its token as the server wrote it", () => {
    expect(decodeCreateSession(ua.sessionBody())).toEqual({
      kind: "session",
      token: ua.SESSION_TOKEN,
      timeoutMs: 10_000,
    });
  });

  it("is a refusal with a bad status, as a fault or in its own form", () => {
    const refusal = { kind: "refusal", status: 0x8056_0000 };
    expect(decodeCreateSession(ua.fault(0x8056_0000))).toEqual(refusal);
    expect(decodeCreateSession(ua.answer(464, [], 0x8056_0000))).toEqual(refusal);
  });

  it("is malformed where another one is due", () => {
    expect(() => decodeRead(ua.sessionBody())).toThrow(WireError);
  });

  it.each([
    ["an open channel", ua.openChannelBody(), decodeOpenChannel],
    ["endpoints", ua.endpointsBody([ua.endpoint()]), decodeGetEndpoints],
    ["a session", ua.sessionBody(), decodeCreateSession],
    ["an activation", ua.activeBody(), decodeActivateSession],
    ["values", ua.readBody([ua.value(11, Buffer.alloc(8)), ua.badValue(0x8034_0000)]), decodeRead],
    ["the end of a session", ua.closedBody(), decodeCloseSession],
    ["a fault", ua.fault(0x8056_0000), decodeRead],
  ] as const)("that is cut short is malformed: %s", (_name, body, decode) => {
    refusesEveryPrefix(body, decode);
    survivesAnything(decode, [body]);
  });

  it("cannot make a list of more elements than there are bytes", () => {
    const flood = ua.answer(431, [ua.int32(0x7fff_ffff)]);
    expect(() => decodeGetEndpoints(flood)).toThrow("2147483647 elements");
    expect(() => decodeGetEndpoints(ua.answer(431, [ua.int32(-2)]))).toThrow("length of -2");
  });
});
