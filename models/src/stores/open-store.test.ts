import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { ModelError } from "../errors.ts";
import { openStore } from "./open-store.ts";

const clock = createManualClock();
const nameOf = (where: string, place = {}): string => {
  try {
    return openStore(where, place, clock).name;
  } catch (thrown) {
    if (thrown instanceof ModelError && thrown.code === "USAGE") return thrown.message;
    throw thrown;
  }
};

describe("the address of a registry", () => {
  it("is a folder, or a bucket with a prefix", () => {
    expect(nameOf("/srv/registry")).toBe("folder /srv/registry");
    expect(nameOf("s3://models", { region: "eu-central-1" })).toBe("s3://models");
    expect(nameOf("s3://models/plant/7/?endpoint=https://store.example:9000&region=eu-central-1")).toBe(
      "s3://models/plant/7",
    );
    expect(nameOf("s3://models?pathStyle=false&region=eu-central-1")).toBe("s3://models");
  });

  it.each([
    ["https://models.example/registry", "not https:"],
    ["s3://", "names no bucket"],
    ["s3://Models_1", "names no bucket"],
    ["s3://me:secret@models", "holds no credentials"],
    ["s3://models?secret=1", '"secret" in an s3 address is not known'],
    ["s3://models?endpoint=store.example", "is no address"],
    ["s3://models?endpoint=ftp://store.example", "is no address"],
    ["s3://models?caFile=/no/such.pem", "cannot be read"],
  ])("is not %s", (where, why) => {
    expect(nameOf(where)).toContain(why);
    expect(nameOf(where)).not.toContain("me:secret");
  });
});
