import { describe, expect, it } from "vitest";
import { SinkError } from "../../ports/sink.ts";
import { sinkErrorOf } from "./fault.ts";

const coded = (code: string, message = "it failed") => Object.assign(new Error(message), { code });

describe("a failure of PostgreSQL", () => {
  it.each([
    ["ECONNREFUSED", "unreachable"],
    ["ETIMEDOUT", "unreachable"],
    ["57P01", "unreachable"],
    ["25006", "unreachable"],
    ["08006", "unreachable"],
    ["57P03", "busy"],
    ["53300", "busy"],
    ["53100", "busy"],
    ["57014", "busy"],
    ["55P03", "busy"],
    ["40P01", "busy"],
    ["28P01", "denied"],
    ["28000", "denied"],
    ["42501", "denied"],
    ["SELF_SIGNED_CERT_IN_CHAIN", "denied"],
    ["42P01", "misfit"],
    ["42703", "misfit"],
    ["3D000", "misfit"],
    ["22P03", "misfit"],
    ["XX000", "failed"],
  ])("with code %s is %s", (code, fault) => {
    expect(sinkErrorOf(coded(code), "here")).toMatchObject({ fault });
  });

  it.each([
    ["Connection terminated unexpectedly", "unreachable"],
    ["timeout expired", "unreachable"],
    ["Client has encountered a connection error and is not queryable", "unreachable"],
    ["The server does not support SSL connections", "denied"],
    ["SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string", "denied"],
  ])("in the client's words %j is %s", (text, fault) => {
    expect(sinkErrorOf(new Error(text), "here")).toMatchObject({ fault });
  });

  it("says where, what, its code and what to do", () => {
    const { message } = sinkErrorOf(coded("28P01", "password authentication failed"), "postgres db/plant");
    expect(message).toBe(
      "postgres db/plant: password authentication failed (28P01); check passwordFile and the role's password",
    );
  });

  it("stays as it is when it was understood before", () => {
    const known = new SinkError("misfit", "two agents");
    expect(sinkErrorOf(known, "here")).toBe(known);
  });
});
