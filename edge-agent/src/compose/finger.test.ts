import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { autoOptions } from "../config/auto-options.ts";
import { fingerprint, s7Profile } from "../flow/testing/fingerprints.ts";
import type { Logger } from "../ports/logger.ts";
import { createFinger } from "./finger.ts";

const never = new AbortController().signal;
let folder: string;
let warnings: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-finger-"));
  warnings = [];
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const logger: Logger = {
  debug() {},
  info() {},
  warn: (_, text) => void warnings.push(text),
  error() {},
  child: () => logger,
};
const options = (more: object = {}) =>
  autoOptions.parse({
    endpoint: "auto://127.0.0.1",
    ports: { s7: 9, modbus: 9, opcua: 9 },
    spacingMs: 0,
    ...more,
  });
const identifierIn = (data: string, more: object = {}) =>
  createFinger({ clock: createSystemClock(), logger }, data).identifierOf(options(more), "s7");
const read = {
  fingerprint: fingerprint({ confidence: 0.1 }),
  profile: s7Profile(),
  limits: { maxReadBytes: 64 },
};

describe("who devices are", () => {
  it("is remembered over restarts with the way they were read, however sure the verdict", async () => {
    const first = await identifierIn(join(folder, "new"));
    expect(first.recall()).toBeUndefined();
    await first.keep(read);
    const second = await identifierIn(join(folder, "new"));
    expect(second.recall()).toMatchObject({ worked: { mode: "s7-native" }, limits: { maxReadBytes: 64 } });
    const other = await identifierIn(join(folder, "new"), { ports: { s7: 10 } });
    expect(other.recall()).toBeUndefined();
  });

  it("is found out anew where the memory is damaged; the damaged one is kept", async () => {
    await writeFile(join(folder, "devices.json"), "{");
    expect((await identifierIn(folder)).recall()).toBeUndefined();
    expect(warnings).toEqual(["the memory of devices was damaged and set aside; they are identified anew"]);
    expect(await readdir(folder)).toEqual([expect.stringContaining("devices.json.bad")]);
  });

  it("is found out anew after each start where nothing can be kept", async () => {
    await writeFile(join(folder, "file"), "");
    const identifier = await identifierIn(join(folder, "file"));
    expect(warnings).toEqual(["who devices are cannot be remembered"]);
    await identifier.keep(read);
    expect(identifier.recall()).toBeUndefined();
  });

  it("is not remembered where it is only checked", async () => {
    const identifier = await identifierIn(folder);
    const { protocols, diagnoses } = await identifier.check("s7", never);
    expect(protocols).toMatchObject([{ id: "s7", state: "closed" }]);
    expect(diagnoses[0]?.code).toBe("PORT_CLOSED");
    expect(identifier.recall()).toBeUndefined();
  });

  it("cannot be asked of a name without an address, nor of a device that nobody allowed", async () => {
    const unnamed = await identifierIn(folder, { endpoint: "auto://no-such-plc.invalid" });
    await expect(unnamed.identify(true, never)).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
    const elsewhere = await identifierIn(folder, { endpoint: "auto://localhost", allow: ["10.0.0.0/24"] });
    await expect(elsewhere.check("s7", never)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("is not in the allow-list"),
    });
  });
});
