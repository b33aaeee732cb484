import { describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { answerOf, s3Error } from "./s3-error.ts";

const failure = (name: string, more: object = {}): Error =>
  Object.assign(new Error("said"), { name, ...more });
const status = (httpStatusCode: number) => ({ $metadata: { httpStatusCode } });

describe("an error of S3", () => {
  it.each([
    ["CredentialsProviderError", {}, "REGISTRY_REFUSED", "AWS_ACCESS_KEY_ID"],
    ["RequestTimeTooSkewed", status(403), "REGISTRY_REFUSED", "set the clock"],
    ["ExpiredToken", status(400), "REGISTRY_REFUSED", "log in anew"],
    ["SignatureDoesNotMatch", status(403), "REGISTRY_REFUSED", "check the access key"],
    ["AccessDenied", status(403), "REGISTRY_REFUSED", "GetObject and ListBucket"],
    ["NoSuchBucket", status(404), "REGISTRY_REFUSED", "make the bucket"],
    ["PermanentRedirect", status(301), "REGISTRY_REFUSED", "name its region"],
    ["Error", { code: "SELF_SIGNED_CERT_IN_CHAIN" }, "REGISTRY_REFUSED", "caFile"],
    ["Error", { code: "CERT_HAS_EXPIRED" }, "REGISTRY_REFUSED", "renew it"],
    ["Error", { cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" } }, "REGISTRY_REFUSED", "use the name"],
    ["SlowDown", status(503), "REGISTRY_UNREACHABLE", "try again later"],
    ["InsufficientStorage", status(507), "REGISTRY_REFUSED", "make room with gc"],
    ["EntityTooLarge", status(400), "REGISTRY_REFUSED", "400 EntityTooLarge"],
    ["Error", { code: "ENOTFOUND" }, "REGISTRY_UNREACHABLE", "ENOTFOUND"],
    ["TimeoutError", {}, "REGISTRY_UNREACHABLE", "TimeoutError"],
    ["SyntaxError", { $response: { statusCode: 502 } }, "REGISTRY_UNREACHABLE", "overloaded or broken"],
  ])("%s %o is %s, with what to do", (name, more, code, mend) => {
    const error = s3Error("s3://models", "read x", failure(name, more));
    expect(error.code).toBe(code);
    expect(error.message).toContain("s3://models: read x: ");
    expect(error.message).toContain(mend);
  });

  it("says what it can of what is no error at all", () => {
    expect(s3Error("s3://models", "read x", "odd")).toMatchObject({ code: "REGISTRY_UNREACHABLE" });
    const own = new ModelError("MODEL_MISSING", "x");
    expect(s3Error("s3://models", "read x", own)).toBe(own);
  });

  it.each([
    [404, "absent"],
    [409, "conflict"],
    [412, "conflict"],
    [416, "range"],
    [403, undefined],
  ])("%i is the answer %s", (code, answer) => {
    expect(answerOf(failure("x", status(code)))).toBe(answer);
  });
});
