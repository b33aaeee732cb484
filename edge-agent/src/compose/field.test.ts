import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { aFolder, aLogger } from "../adapters/field-store/test-kit.ts";
import { type ModelsSettings, modelsSettings } from "../config/models-schema.ts";
import type { Wanted } from "../flow/request-retraining.ts";
import { createField, type Field } from "./field.ts";

const wanted: Wanted = {
  model: { name: "listener", version: "0.1.0", digest: "ab", sequence: 1 },
  machine: "pump-1",
  verdicts: [
    {
      machine: "pump-1",
      sensor: "pump-1/de",
      shaftHz: 25,
      timeUs: 1e15,
      ratios: { embedding: 2, input: 0.5, output: 1.25 },
      isDrift: true,
      inARow: 3,
    },
  ],
};

let folder: Awaited<ReturnType<typeof aFolder>>;
const asked: IncomingHttpHeaders[] = [];
const trainers = createServer((request, response) => {
  asked.push(request.headers);
  request.resume();
  response.end();
});

const open = (settings: ModelsSettings): Promise<Field> =>
  createField(settings, {
    clock: createSystemClock(),
    logger: aLogger(),
    random: () => 0.5,
    site: "site",
    node: "node-1",
    dataFolder: join(folder.path, "data"),
  });

/** Works until `isDone`. */
async function runUntil(field: Field, isDone: () => Promise<boolean>): Promise<void> {
  const stop = new AbortController();
  const running = field.run(stop.signal);
  await expect.poll(isDone, { timeout: 20_000 }).toBe(true);
  stop.abort();
  await running;
  await field.store.close();
}

beforeEach(async () => {
  folder = await aFolder();
  asked.length = 0;
  await new Promise<void>((resolve) => trainers.listen(0, "127.0.0.1", resolve));
});
afterEach(async () => {
  await new Promise((resolve) => trainers.close(resolve));
  await folder.remove();
});

describe("what leaves the device", () => {
  it("is nothing unless it is configured", async () => {
    const field = await open(modelsSettings.parse({}));
    expect(await field.retraining.ask(wanted, new AbortController().signal)).toBe("nowhere");
    await runUntil(field, async () => true);
  });

  it("is a request to the webhook, with its token, and to the store", async () => {
    const { port } = trainers.address() as AddressInfo;
    const tokenFile = join(folder.path, "token");
    await writeFile(tokenFile, "s3cret\n");
    const url = join(folder.path, "sink");
    const webhook = { url: `http://127.0.0.1:${port}/requests`, tokenFile };
    const settings = modelsSettings.parse({ field: { upload: { url } }, retraining: { webhook } });
    const field = await open(settings);
    expect(await field.retraining.ask(wanted, new AbortController().signal)).toBe("made");
    const requests = join(url, "requests/site/node-1");
    const lies = async () => (await readdir(requests).catch(() => [])).length === 1 && asked.length === 1;
    await runUntil(field, lies);
    expect(asked[0]?.authorization).toBe("Bearer s3cret");
    const [name = ""] = await readdir(requests);
    expect(JSON.parse(await readFile(join(requests, name), "utf8"))).toHaveProperty("signatures");
  });

  it("is refused at the start where the token cannot be read", async () => {
    const webhook = { url: "https://mlops.example/requests", tokenFile: join(folder.path, "nowhere") };
    await expect(open(modelsSettings.parse({ retraining: { webhook } }))).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("tokenFile"),
    });
  });
});
