import { copyFile, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verifyAudit } from "./model-agent.ts";
import { makeCandidate, offer, push } from "./model-candidates.ts";
import { key, mallory, modelScene, scoredMore } from "./model-scene.ts";

const scene = modelScene();

interface Attack {
  readonly name: string;
  /** What lies in the registry when the agent starts. */
  mount(): Promise<void>;
  /** What the report and the log say. */
  readonly words: RegExp;
}

const channel = "channels/listener/candidate.json";
const attacks: readonly Attack[] = [
  {
    name: "a version whose signature is missing",
    async mount() {
      await scene.publish();
      await rm(join(scene.folder, "registry/models/listener/0.1.1/model.sig"));
    },
    words: /has no signature of listener 0\.1\.1/,
  },
  {
    name: "a version that somebody else signed",
    async mount() {
      const version = await push(
        scene.store,
        await makeCandidate(join(scene.folder, "bad"), mallory),
        mallory,
      );
      await offer(scene.store, version, key);
    },
    words: /no signature of a trusted key/,
  },
  {
    name: "a version and a pointer that somebody else signed",
    async mount() {
      const version = await push(
        scene.store,
        await makeCandidate(join(scene.folder, "bad"), mallory),
        mallory,
      );
      await offer(scene.store, version, mallory);
    },
    words: /no signature of a trusted key/,
  },
  {
    name: "a pointer that expired",
    async mount() {
      const version = await push(scene.store, await makeCandidate(join(scene.folder, "old"), key), key);
      await offer(scene.store, version, key, 100);
    },
    words: /pointer 1 of channel listener\/candidate in .* expired at .*set the channel anew/,
  },
  {
    name: "a manifest that was changed after it was signed",
    async mount() {
      await scene.publish();
      const manifest = join(scene.folder, "registry/models/listener/0.1.1/manifest.json");
      await writeFile(manifest, (await readFile(manifest, "utf8")).replace('"sequence": 2', '"sequence": 9'));
    },
    words: /listener 0\.1\.1: manifest\.json has sha256 .*not the one that was signed/,
  },
];

describe("a registry that somebody tampered with", { timeout: 120_000 }, () => {
  it.each(attacks)("offers $name: the champion stays, and people are told", async ({ mount, words }) => {
    await mount();
    const agent = await scene.start();
    const told = await agent.until("the registry is not believed", ({ registry: seen }) =>
      words.test(seen.reason),
    );
    expect(told.champion.version).toBe("0.1.0");
    expect(told.trial).toBeUndefined();
    await scoredMore(agent);
    expect(await agent.command("start")).toBe(409);
    await agent.stop();
    expect(agent.child.output()).toMatch(words);
    expect(await readdir(join(scene.folder, "data/models/versions"))).toEqual([]);
  });

  it("puts an older pointer back: what was seen before is not forgotten, over a restart too", async () => {
    await scene.publish();
    await copyFile(join(scene.folder, "registry", channel), join(scene.folder, "old-pointer"));
    await scene.publish({ head: "worse" });
    const before = await scene.start();
    await before.until("0.1.2 is tried", ({ trial }) => trial?.challenger.version === "0.1.2");
    expect(await before.command("abort")).toBe(200);
    await before.until("it is over", ({ trial }) => trial === undefined);
    await copyFile(join(scene.folder, "old-pointer"), join(scene.folder, "registry", channel));
    const words = /shows pointer 1 .*candidate where 2 was seen before/;
    await before.until("the pointer is not believed", ({ registry: seen }) => words.test(seen.reason));
    await before.kill();
    const after = await scene.start();
    const told = await after.until("nor after a restart", ({ registry: seen }) => words.test(seen.reason));
    expect(told).toMatchObject({
      champion: { version: "0.1.0" },
      outcomes: [
        { kind: "rolled-back", model: { version: "0.1.2" }, reason: { code: "by-hand", by: "ana" } },
      ],
    });
    expect(told.trial).toBeUndefined();
    await after.stop();
    expect(after.child.output()).toMatch(words);
  });

  it("holds a truncated blob: the trial ends before anything is loaded, and the audit log says why", async () => {
    const { digest } = await scene.publish();
    const head = JSON.parse(await readFile(join(scene.folder, "better/manifest.json"), "utf8")).files.find(
      ({ role }: { role: string }) => role === "head",
    );
    await truncate(join(scene.folder, "registry/blobs/sha256", head.sha256), 100);
    const agent = await scene.start();
    const { champion, outcomes } = await agent.until(
      "it is refused",
      ({ trial, outcomes: [one] }) => trial === undefined && one !== undefined,
    );
    expect(champion.version).toBe("0.1.0");
    const reason = { code: "refused", error: "MODEL_TAMPERED", message: expect.stringMatching(/head\.bin/) };
    expect(outcomes).toMatchObject([{ kind: "rolled-back", model: { digest }, reason }]);
    expect(await agent.history()).toContainEqual(
      expect.objectContaining({ what: "rolled-back", detail: expect.objectContaining({ reason }) }),
    );
    await scoredMore(agent);
    // It is remembered: the next looks at the channel begin no other trial.
    await expect
      .poll(async () => (await agent.models()).registry.checkedTime)
      .not.toBe((await agent.models()).registry.checkedTime);
    expect((await agent.history()).filter(({ what }) => what === "trial-started")).toHaveLength(1);
    await agent.stop();
    await verifyAudit(scene.folder);
  });
});
