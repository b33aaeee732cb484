import { describe, expect, it } from "vitest";
import { poisonReason, sinkErrorOf } from "./faults.ts";

const withCode = (code: number | string) => Object.assign(new Error("said no"), { code });

describe("faults of an MQTT server", () => {
  it.each([
    [4, "denied"],
    [5, "denied"],
    [3, "busy"],
    [0x86, "denied"],
    [0x87, "denied"],
    [0x8e, "denied"],
    [0x89, "busy"],
    [0x97, "busy"],
    [0x8b, "unreachable"],
    [0x80, "failed"],
    ["ECONNREFUSED", "unreachable"],
    ["ENOTFOUND", "unreachable"],
    ["DEPTH_ZERO_SELF_SIGNED_CERT", "denied"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "denied"],
    ["CERT_HAS_EXPIRED", "denied"],
  ])("code %s is %s", (code, fault) => {
    expect(sinkErrorOf(withCode(code), "broker:1883")).toMatchObject({
      fault,
      message: expect.stringContaining("broker:1883"),
    });
  });

  it("are the message's own where no other message would fare the same", () => {
    expect([0x90, 0x95, 0x99].map((code) => poisonReason(withCode(code)))).not.toContain(undefined);
    expect([0x87, 0x97, 5].map((code) => poisonReason(withCode(code)))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
