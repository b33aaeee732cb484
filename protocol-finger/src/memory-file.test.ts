import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManualClock } from "./clock/manual-clock.ts";
import type { Fingerprint } from "./fingerprint.ts";
import { createVerdictMemory } from "./memory-file.ts";
import type { DeviceProfile } from "./profile-types.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "memory-"));
});

afterEach(() => rm(folder, { recursive: true }));

const target = { host: "PLC7" };

const PROFILE: DeviceProfile = {
  mode: "s7-compat",
  port: 102,
  why: "an S7-300",
  connectionBudget: 16,
  connectTimeoutMs: 5000,
  requestTimeoutMs: 2000,
  minGapMs: 0,
  jobsInFlight: 1,
  localTsap: 0x0100,
  remoteTsap: 0x0302,
  pduSize: 240,
  maxReadBytes: 222,
  maxMergeGap: 32,
};

function verdict(labels: Partial<Fingerprint> = {}): Fingerprint {
  return {
    vendor: "Siemens",
    family: "S7-300",
    firmware: "V2.6.1",
    host: "plc7",
    mac: "00:1b:1b:00:00:07",
    nature: "plc",
    protocols: [{ id: "s7", port: 102, state: "speaks", hasDriver: true }],
    confidence: 0.98,
    evidence: [
      {
        probe: "s7",
        observed: "o",
        bytes: "32",
        supports: { vendor: "Siemens" },
        against: {},
        weight: 0.9,
        source: "s",
      },
    ],
    facts: [{ probe: "s7", key: "s7.pduSize", value: 240, observed: "o", bytes: "" }],
    profile: PROFILE,
    alternatives: [{ mode: "none", why: "w" }],
    diagnoses: [{ code: "S7_PROTECTED", observed: "o" }],
    spent: { connections: 1, frames: 6, ms: 40 },
    at: "2026-11-22T00:00:00.000Z",
    ...labels,
  };
}

const memory = (onSetAside?: (file: string, why: string) => void) =>
  createVerdictMemory(join(folder, "verdicts.json"), {
    clock: createManualClock(),
    ...(onSetAside !== undefined && { onSetAside }),
  });

describe("the memory of verdicts", () => {
  it("knows nothing at first, and after a restart what it was told", async () => {
    const first = await memory();
    expect(first.recall(target)).toBeUndefined();
    await first.remember(target, verdict());
    await first.keep(target, PROFILE, { maxReadBytes: 160 });
    expect((await memory()).recall({ host: "plc7" })).toEqual({
      fingerprint: verdict(),
      worked: PROFILE,
      limits: { maxReadBytes: 160 },
    });
  });

  it("tells devices behind one address apart by the ports they are on", async () => {
    const all = await memory();
    await all.remember({ host: "gw", ports: { s7: 1102, modbus: 1502 } }, verdict({ model: "one" }));
    await all.remember({ host: "gw", ports: { s7: 2102 } }, verdict({ model: "two" }));
    expect(all.recall({ host: "gw", ports: { modbus: 1502, s7: 1102 } })?.fingerprint.model).toBe("one");
    expect(all.recall({ host: "gw" })).toBeUndefined();
  });

  it("keeps what was learnt while it is the same device, and drops it with another firmware", async () => {
    const all = await memory();
    await all.remember(target, verdict());
    await all.keep(target, PROFILE, { maxReadBytes: 160 });
    await all.keep(target, PROFILE, { maxRegisters: 32 });
    await all.remember(target, verdict({ confidence: 0.99 }));
    expect(all.recall(target)).toMatchObject({
      limits: { maxReadBytes: 160, maxRegisters: 32 },
      worked: PROFILE,
    });
    await all.remember(target, verdict({ firmware: "V3.3.12" }));
    expect(all.recall(target)).toEqual({ fingerprint: verdict({ firmware: "V3.3.12" }), limits: {} });
  });

  it("keeps no profile of a device that it does not know, and forgets when told", async () => {
    const all = await memory();
    await all.keep(target, PROFILE);
    expect(all.recall(target)).toBeUndefined();
    await all.remember(target, verdict());
    await all.forget(target);
    await all.forget(target);
    expect((await memory()).recall(target)).toBeUndefined();
  });

  it("writes one after the other and leaves no temporary file", async () => {
    const all = await memory();
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => all.remember({ host: `plc${i}` }, verdict({ host: `plc${i}` }))),
    );
    expect(await readdir(folder)).toEqual(["verdicts.json"]);
    expect((await memory()).recall({ host: "plc19" })?.fingerprint.host).toBe("plc19");
  });

  it.each([
    ["no JSON", "{"],
    ["of another kind", '{"version":1,"devices":{"plc7":{"limits":{}}}}'],
    ["of another version", '{"version":2,"devices":{}}'],
  ])("sets a file aside that is %s, and says where", async (_, text) => {
    await writeFile(join(folder, "verdicts.json"), text);
    const aside: string[] = [];
    const all = await memory((file) => aside.push(file));
    expect(all.recall(target)).toBeUndefined();
    expect(aside).toEqual([join(folder, "verdicts.json.bad-1700000000000")]);
    expect(await readFile(aside[0] ?? "", "utf8")).toBe(text);
  });

  it("says when it cannot write, and goes on", async () => {
    const all = await memory();
    await rm(folder, { recursive: true });
    await expect(all.remember(target, verdict())).rejects.toMatchObject({ code: "ENOENT" });
    expect(all.recall(target)?.fingerprint.vendor).toBe("Siemens");
    folder = await mkdtemp(join(tmpdir(), "memory-"));
  });

  it("says when a folder stands where the file should", async () => {
    await expect(createVerdictMemory(folder, { clock: createManualClock() })).rejects.toMatchObject({
      code: "EISDIR",
    });
  });
});
