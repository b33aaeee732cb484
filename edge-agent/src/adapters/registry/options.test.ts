import { describe, expect, it } from "vitest";
import { registryOptions } from "./options.ts";

const problems = (value: unknown): string[] =>
  registryOptions
    .safeParse(value)
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("the registry's options", () => {
  it("need nothing: the agent runs what it came with", () => {
    expect(registryOptions.parse({})).toEqual({ trustedKeys: [], bytesPerSecond: 28_000, quotaMiB: 500 });
  });

  it("take a folder or a bucket", () => {
    expect(problems({ url: "./registry", trustedKeys: ["release.pub"] })).toEqual([]);
    const s3 = {
      endpoint: "https://s3.plant.example:9000",
      region: "eu-1",
      caFile: "ca.pem",
      pathStyle: true,
    };
    expect(problems({ url: "s3://models/stethos", s3, trustedKeys: ["release.pub"] })).toEqual([]);
  });

  it.each([
    [{ url: "./registry" }, /trustedKeys: names no key/],
    [{ url: "./registry", trustedKeys: ["k"], s3: {} }, /s3: goes with a url that begins with "s3:/],
    [{ url: "s3://a", trustedKeys: ["k"], s3: { endpoint: "s3.plant" } }, /s3\.endpoint: must be an address/],
    [{ bytesPerSecond: 10 }, /bytesPerSecond/],
    [{ quotaMiB: 1 }, /quotaMiB/],
    [{ key: "secret" }, /key/i],
  ])("refuse %j", (value, what) => {
    expect(problems(value).join("\n")).toMatch(what);
  });
});
