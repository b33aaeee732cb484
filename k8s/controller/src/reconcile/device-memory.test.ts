import { describe, expect, it } from "vitest";
import type { EdgeDevice } from "../ports/resources.ts";
import { createDeviceMemory } from "./device-memory.ts";
import { deviceOf } from "./testing/observed-of.ts";

function at(name: string, resourceVersion: string): EdgeDevice {
  const device = deviceOf(name);
  return { ...device, metadata: { ...device.metadata, resourceVersion } };
}
const versions = (devices: readonly EdgeDevice[]) =>
  devices.map(({ metadata }) => metadata.resourceVersion).sort();

describe("what a leader knows of devices", () => {
  it("is the newer of its own write and the cache, as numbers go", () => {
    const memory = createDeviceMemory();
    memory.remember(at("a", "10"));
    expect(versions(memory.newest([at("a", "9"), at("b", "5")]))).toEqual(["10", "5"]);
    expect(versions(memory.newest([at("a", "11"), at("b", "5")]))).toEqual(["11", "5"]);
  });

  it("has what the list at the beginning had, though the cache has not heard of it", () => {
    const memory = createDeviceMemory();
    memory.replace([at("a", "10")]);
    expect(versions(memory.newest([]))).toEqual(["10"]);
  });

  it("forgets what was in the cache and is not any more, and what the server says is gone", () => {
    const memory = createDeviceMemory();
    memory.replace([at("a", "10"), at("b", "10")]);
    memory.newest([at("a", "9")]);
    expect(memory.newest([]).map(({ metadata }) => metadata.name)).toEqual(["b"]);
    memory.forget(at("b", "10"));
    expect(memory.newest([])).toEqual([]);
  });
});
