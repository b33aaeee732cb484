import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDeviceKey } from "../../edge-agent/src/adapters/retraining/device-key.ts";
import { createSeal } from "../../edge-agent/src/adapters/retraining/seal.ts";
import type { RetrainingRequest } from "../../edge-agent/src/ports/retraining.ts";
import { model, type Ran } from "./release.ts";

const NODE = "press-1";

let folder: string;
let seal: (request: RetrainingRequest) => Promise<string>;

function requestOf(over: Partial<RetrainingRequest> = {}): RetrainingRequest {
  return {
    schemaVersion: 1,
    id: "20261122T101500Z-0a1b2c3d",
    site: "hall-7",
    node: NODE,
    time: new Date(Date.now() - 60_000).toISOString(),
    nonce: "0123456789abcdef0123456789abcdef",
    model: { name: "listener", version: "0.1.0", digest: "a".repeat(64), sequence: 1 },
    machine: "pump",
    sensors: ["pump/vibration"],
    verdicts: [],
    frames: [],
    ...over,
  };
}

const put = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

/** The workflow's first step, for one workflow. */
const check = (file: string, ...more: readonly string[]): Promise<Ran> => {
  const args = ["--registry", "registry", "--devices", "devices", "--work", "work", "--request", file];
  return model(["iterate", "request", ...args, ...more], folder);
};

const verdict = (): Promise<string> => readFile(join(folder, "verdict"), "utf8");

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "argo-request-"));
  await mkdir(join(folder, "devices"));
  const key = join(folder, "device.key");
  seal = createSeal(await openDeviceKey(key));
  await copyFile(`${key}.pub`, join(folder, "devices", `${NODE}.pub`));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the step that checks a retraining request", { timeout: 240_000 }, () => {
  it("accepts what a device's own seal signed, as text, in base64 and from the store", async () => {
    const text = await seal(requestOf());
    const ran = await check(await put("plain.json", text));
    expect(ran.err).toContain("request 20261122T101500Z-0a1b2c3d of press-1 at hall-7 is accepted");
    expect(ran.code).toBe(0);

    const other = await seal(requestOf({ nonce: "f".repeat(32) }));
    const encoded = await put("request.b64", Buffer.from(other).toString("base64"));
    expect((await check(encoded, "--request-base64")).code).toBe(0);

    const key = `requests/hall-7/${NODE}/20261122T101500Z-0a1b2c3d.json`;
    await mkdir(join(folder, "registry/requests/hall-7", NODE), { recursive: true });
    await put(`registry/${key}`, await seal(requestOf({ nonce: "e".repeat(32) })));
    const from = ["--request-key", encodeURIComponent(key)];
    const args = ["--registry", "registry", "--devices", "devices", "--work", "work", ...from];
    expect((await model(["iterate", "request", ...args], folder)).code).toBe(0);
  });

  it("refuses one that is played back, and lets the same workflow check it again", async () => {
    const file = await put("request.json", await seal(requestOf()));
    const into = ["--verdict-file", join(folder, "verdict")];
    expect((await check(file, "--claimant", "one", ...into)).code).toBe(0);
    expect(await verdict()).toBe("accepted");
    expect((await check(file, "--claimant", "one", ...into)).code).toBe(0);
    expect(await verdict()).toBe("accepted");
    const second = await check(file, "--claimant", "two");
    expect(second.err).toContain("accepted before; it is played back, or came twice");
    expect(second.code).toBe(3);
    // Where somebody looks at the verdict, it is no failure.
    expect((await check(file, "--claimant", "two", ...into)).code).toBe(0);
    expect(await verdict()).toBe("repeated");
  });

  it("refuses another request under a nonce that was used", async () => {
    expect((await check(await put("first.json", await seal(requestOf())))).code).toBe(0);
    const second = await check(await put("second.json", await seal(requestOf({ machine: "fan" }))));
    expect(second.err).toContain("the nonce of this request of press-1 was used by another one");
    expect(second.code).toBe(3);
  });

  it.each([
    ["by no signature", { signatures: [] }, "no retraining request"],
    ["by another's signature", { signatures: [{ keyid: "", sig: "AAAA" }] }, "no signature of a trusted key"],
    ["of another type", { payloadType: "application/json" }, "no retraining request"],
  ])("refuses what is vouched for %s", async (_, over, words) => {
    const envelope = { ...JSON.parse(await seal(requestOf())), ...over };
    const ran = await check(await put("request.json", JSON.stringify(envelope)));
    expect(ran.err).toContain(words);
    expect(ran.code).toBe(3);
  });

  it("refuses a payload that was changed after it was signed", async () => {
    const envelope = JSON.parse(await seal(requestOf()));
    const payload = Buffer.from(JSON.stringify(requestOf({ machine: "fan" }))).toString("base64");
    const ran = await check(await put("request.json", JSON.stringify({ ...envelope, payload })));
    expect(ran.err).toContain("no signature of a trusted key");
    expect(ran.code).toBe(3);
  });

  it.each([
    ["in the name of another device", { node: "press-2" }, "has no press-2.pub"],
    ["with a name that leads out of the folder", { node: "../press-1" }, "no retraining request"],
    ["of last month", { time: new Date(Date.now() - 30 * 86_400_000).toISOString() }, "too old"],
    ["of tomorrow", { time: new Date(Date.now() + 86_400_000).toISOString() }, "too early"],
    [
      "about another model",
      { model: { name: "other", version: "0.1.0", digest: "a".repeat(64), sequence: 1 } },
      "is about other, not listener",
    ],
  ])("refuses one %s", async (_, over, words) => {
    const ran = await check(await put("request.json", await seal(requestOf(over))));
    expect(ran.err).toContain(words);
    expect(ran.code).toBe(3);
  });

  it("refuses a key that is none of a request, and says what is wrong with the command line", async () => {
    const args = ["--registry", "registry", "--devices", "devices", "--work", "work"];
    const ran = await model(["iterate", "request", ...args, "--request-key", "models/listener"], folder);
    expect(ran.err).toContain('"models/listener" is no key of a request');
    expect(ran.code).toBe(3);
    const wrong = await model(["iterate", "request", "--registry", "registry", "--request", "x"], folder);
    expect(wrong.err).toContain('the step "request" needs --devices');
    expect(wrong.code).toBe(2);
  });
});
