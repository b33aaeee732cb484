import { describe, expect, it } from "vitest";
import { type RawOptions, readConfig, UsageError } from "./config.ts";

const given: RawOptions = {
  registry: "./registry",
  keyFile: "channel.key",
  trust: ["release.pub"],
  channelKeys: [],
  leaseName: "stethos-controller",
  leaseSeconds: "15",
  host: "0.0.0.0",
  metricsPort: "9464",
  pollSeconds: "30",
  adopt: true,
  concurrency: "8",
  apiQps: "50",
  apiBurst: "100",
};

const read = (more: Partial<RawOptions>, own?: string) => readConfig({ ...given, ...more }, own, "r1");

function problem(more: Partial<RawOptions>): string {
  try {
    read(more);
  } catch (thrown) {
    if (thrown instanceof UsageError) return thrown.message;
    throw thrown;
  }
  return "";
}

describe("the controller's options", () => {
  it("take the pod's namespace where none is named, for rollouts, new devices and the lease", () => {
    const { namespace, adoptInto, leaseNamespace } = read({}, "plant");
    expect([namespace, adoptInto, leaseNamespace]).toEqual(["plant", "plant", "plant"]);
  });

  it("keep the lease in the pod's namespace when another one is watched", () => {
    const { namespace, adoptInto, leaseNamespace } = read({ namespace: "stethos" }, "stethos-system");
    expect([namespace, adoptInto, leaseNamespace]).toEqual(["stethos", "stethos", "stethos-system"]);
  });

  it("watch everything, and then want to know where new devices go", () => {
    expect(read({ allNamespaces: true, adopt: false }, "plant").namespace).toBeUndefined();
    expect(read({ allNamespaces: true, adoptInto: "edge" }).adoptInto).toBe("edge");
    expect(problem({ allNamespaces: true })).toContain("--adopt-into");
    expect(problem({ allNamespaces: true, namespace: "a" })).toContain("exclude each other");
    expect(problem({ namespace: "a", adoptInto: "b" })).toContain("would not be seen");
  });

  it("name the option that is wrong", () => {
    expect(problem({ registry: "" })).toBe(
      "--registry: which registry? Give --registry, or set STETHOS_REGISTRY",
    );
    expect(problem({ trust: [] })).toContain("--trust: ");
    expect(problem({ pollSeconds: "0" })).toContain("--poll-seconds: ");
    expect(problem({ leaseSeconds: "4" })).toContain("--lease-seconds: ");
    expect(problem({ leaseSeconds: "601" })).toContain("--lease-seconds: ");
    expect(problem({ leaseSeconds: "7.5" })).toContain("--lease-seconds: ");
    expect(read({ leaseSeconds: "60" }).leaseSeconds).toBe(60);
    expect(problem({ metricsPort: "many" })).toContain("--metrics-port: ");
    expect(problem({ namespace: "No Such" })).toContain("--namespace: use lower case");
  });

  it("make an identity that a restart of the same pod does not share", () => {
    expect(read({}).identity).not.toBe(readConfig(given, undefined, "r2").identity);
  });
});
