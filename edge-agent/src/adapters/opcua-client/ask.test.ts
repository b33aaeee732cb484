import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { EdgeError } from "../../core/errors.ts";
import { ask, peerError } from "./ask.ts";

const where = "opc.tcp://plc:4840";
const never = new AbortController().signal;

describe("a question to a server", () => {
  it("has the server's answer", async () => {
    const clock = createManualClock();
    const asking = { clock, what: "limits", where, limitMs: 1000 };
    expect(await ask(asking, () => Promise.resolve(5), never)).toBe(5);
    expect(clock.waiting).toBe(0);
  });

  it("says what got no answer, from whom and for how long", async () => {
    const clock = createManualClock();
    const asking = { clock, what: "limits", where, limitMs: 1000 };
    const answer = ask(asking, () => Promise.withResolvers().promise, never);
    const failure = expect(answer).rejects.toMatchObject({
      code: "PLC_TIMEOUT",
      message: expect.stringContaining("opc.tcp://plc:4840 gave no answer (limits) in 1000 ms"),
    });
    await clock.advance(1000);
    await failure;
  });

  it("says what the silence means, where who asks knows", async () => {
    const clock = createManualClock();
    const asking = { clock, what: "connection", where, limitMs: 1000, silence: "HOST_SILENT" } as const;
    const answer = ask(asking, () => Promise.withResolvers().promise, never);
    const failure = expect(answer).rejects.toMatchObject({ diagnosis: "HOST_SILENT" });
    await clock.advance(1000);
    await failure;
  });

  it("ends with the reason of the signal that ends it", async () => {
    const clock = createManualClock();
    const asking = { clock, what: "limits", where, limitMs: 1000 };
    const stop = new AbortController();
    const answer = ask(asking, () => Promise.withResolvers().promise, stop.signal);
    const failure = expect(answer).rejects.toThrow("enough");
    stop.abort(new Error("enough"));
    await failure;
    await expect(ask(asking, () => Promise.resolve(1), stop.signal)).rejects.toThrow("enough");
    expect(clock.waiting).toBe(0);
  });

  it("passes on what this product itself says", async () => {
    const asking = { clock: createManualClock(), what: "limits", where, limitMs: 1000 };
    const own = new EdgeError("PLC_REFUSED", "no");
    await expect(ask(asking, () => Promise.reject(own), never)).rejects.toBe(own);
    await expect(ask(asking, () => Promise.reject("odd"), never)).rejects.toMatchObject({
      code: "PLC_UNREACHABLE",
      message: "opc.tcp://plc:4840 failed (limits): the connection is made anew [odd]",
    });
  });
});

describe("a failure of the library", () => {
  it.each([
    ["connect ECONNREFUSED 10.0.0.5:4840", "PLC_UNREACHABLE", "nothing listens there", "PORT_CLOSED"],
    ["getaddrinfo ENOTFOUND plc", "PLC_UNREACHABLE", "host name is not known", "OPCUA_ENDPOINT_HOST"],
    ["connect EHOSTUNREACH 10.0.0.5", "PLC_UNREACHABLE", "no way leads there", "HOST_SILENT"],
    ["serviceResult = BadIdentityTokenRejected (0x80210000)", "PLC_REFUSED", "password", "OPCUA_UNTRUSTED"],
    ["BadTooManySessions (0x80560000)", "PLC_REFUSED", "sessions are in use", "OPCUA_LIMIT"],
    ["BadTooManyOperations (0x80100000)", "PLC_REFUSED", "a limit of the server", "OPCUA_LIMIT"],
    ["BadNoSubscription (0x80790000)", "PLC_UNREACHABLE", "made anew", "OPCUA_SUBSCRIPTION_LOST"],
    ["rejected by\n server: BadSecurityChecksFailed", "PLC_REFUSED", "own/certs", "OPCUA_UNTRUSTED"],
    ["BadTcpEndpointUrlInvalid", "PLC_REFUSED", "check the path", "OPCUA_ENDPOINT_HOST"],
    ["EACCES: permission denied, mkdir '/x'", "CONFIG_UNREADABLE", "permissions", undefined],
    ["Socket closed", "PLC_UNREACHABLE", "made anew", undefined],
  ])("that says %j is told with its mend and its cause", (text, code, message, diagnosis) => {
    const error = peerError({ what: "session", where }, new Error(text));
    expect(error).toMatchObject({ code, message: expect.stringContaining(message), diagnosis });
    expect(error.message).not.toContain("\n");
  });
});
