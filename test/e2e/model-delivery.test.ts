import { cp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "@stethos/models";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { startFaultProxy } from "../delivery/fault-proxy.ts";
import { startFauxqsServer } from "../registry/s3-servers.ts";
import { quickModels, verifyAudit } from "./model-agent.ts";
import { makeCandidate, shipped } from "./model-candidates.ts";
import { isAt, key, mallory, modelScene, registry, scoredMore } from "./model-scene.ts";
import { startScript } from "./processes.ts";

const clock = createSystemClock();
const scene = modelScene();

describe("an agent without a word about models in its configuration", { timeout: 120_000 }, () => {
  it("runs the model that it came with, tries nothing and asks nobody", async () => {
    const agent = await scene.startWith({});
    await scoredMore(agent);
    const models = await agent.models();
    expect(models.champion).toMatchObject({ name: "listener", version: "0.1.0", role: "champion" });
    expect(models).toMatchObject({ outcomes: [], objective: { state: "kept" } });
    expect(models.trial).toBeUndefined();
    expect(await agent.metrics()).toMatch(
      /^stethos_model_info\{role="champion",name="listener",version="0\.1\.0"/m,
    );
    expect(await agent.command("start")).toBe(409);
    await agent.stop();
    expect(agent.child.output()).not.toMatch(/"level":50|registry/);
  });
});

describe("a model folder in the configuration", { timeout: 120_000 }, () => {
  const refused = async (): Promise<string> => {
    const file = join(scene.folder, "agent.yaml");
    await writeFile(file, scene.config({ model: "./own" }));
    const child = startScript("edge-agent/src/main.ts", ["run", "-c", file]);
    expect(await child.ended()).toBe(1);
    return child.output();
  };

  it("that nobody signed is refused at start, with the mend", async () => {
    await cp(shipped, join(scene.folder, "own"), { recursive: true });
    await rm(join(scene.folder, "own/model.sig"));
    expect(await refused()).toMatch(/own has no model\.sig.*sign/);
  });

  it("that somebody else signed is refused at start, with the mend", async () => {
    await makeCandidate(join(scene.folder, "own"), mallory);
    expect(await refused()).toMatch(/own.*no signature of a trusted key/);
  });

  it("that was changed is refused at start", async () => {
    await cp(shipped, join(scene.folder, "own"), { recursive: true });
    await truncate(join(scene.folder, "own/head.bin"), 5);
    expect(await refused()).toMatch(/own.*head\.bin has 5 bytes/);
  });

  it("that a key of the registry signed serves", async () => {
    await makeCandidate(join(scene.folder, "own"), key);
    const settings = { model: "./own", models: { ...quickModels, registry } };
    const agent = await scene.startWith(settings);
    expect((await agent.models()).champion.version).toBe("0.1.1");
    await agent.stop();
  });
});

describe("a registry that goes away in mid-download", { timeout: 180_000 }, () => {
  it("is waited for; the download goes on where it was", async () => {
    const server = await startFauxqsServer();
    const proxy = await startFaultProxy(Number(new URL(server.endpoint).port));
    const url = `s3://${server.bucket}/plant`;
    const env = {
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    };
    Object.assign(process.env, env);
    const s3 = { endpoint: proxy.url, region: "us-east-1" };
    try {
      await scene.publish({ isWhole: true }, openStore(url, { ...s3, endpoint: server.endpoint }, clock));
      const manifest = JSON.parse(await readFile(join(scene.folder, "better/manifest.json"), "utf8"));
      const graph: string = manifest.files.find(({ role }: { role: string }) => role === "graph").sha256;
      let isAway = false;
      const AFTER = 3_000_000;
      proxy.onRequest = ({ path }) => {
        if (isAway) return { kind: "busy" };
        if (!path.endsWith(graph)) return "none";
        isAway = true;
        return { kind: "cut", afterBytes: AFTER };
      };
      const agent = await scene.start({ registry: { ...registry, url, s3 } }, env);
      const away = await agent.until(
        "the registry is away",
        ({ registry: seen }) => isAway && !seen.reachable,
      );
      expect(away).toMatchObject({ champion: { version: "0.1.0" }, trial: { stage: "verify" } });
      await scoredMore(agent);
      const seen = proxy.seen.length;
      proxy.onRequest = () => "none";
      await agent.until("it is here and tried", isAt("shadow", "canary"));
      const [first] = proxy.seen.slice(seen).filter(({ path }) => path.endsWith(graph));
      // What a break may cost is a part (models/src/delivery/partial.ts).
      expect(first?.from).toBeGreaterThan(AFTER - 2 * 262_144);
      expect((await agent.history()).filter(({ what }) => what === "trial-started")).toHaveLength(1);
      await agent.stop();
      await verifyAudit(scene.folder);
    } finally {
      await proxy.close();
      await server.stop();
    }
  });
});
