import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { testKey } from "@stethos/models/testing";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it } from "vitest";
import { createFleet } from "../../k8s/controller/src/fleet/fleet.ts";
import type { Fleet, Pointing, SignedReport } from "../../k8s/controller/src/ports/fleet.ts";
import { quickModels, verifyAudit } from "../e2e/model-agent.ts";
import { makeCandidate, push } from "../e2e/model-candidates.ts";
import { isAt, key, modelScene, registry } from "../e2e/model-scene.ts";

const NODE = "node-1.plant";
const never = new AbortController().signal;
const scene = modelScene();

/** Whoever leads the fleet, with a key that signs channels alone. */
async function startFleet(): Promise<Fleet> {
  const leader = testKey();
  const signingKey = join(scene.folder, "controller.pem");
  await writeFile(signingKey, leader.privatePem);
  await writeFile(join(scene.folder, "controller.pub"), leader.publicPem);
  return createFleet(
    {
      registry: { url: join(scene.folder, "registry") },
      trustedKeys: [join(scene.folder, "release.pub")],
      signingKey,
    },
    { clock: createSystemClock(), logger: { warn: () => undefined } },
  );
}

const { startOn: _, ...quick } = quickModels;
const startAgent = () =>
  scene.startWith(
    {
      models: {
        ...quick,
        registry: { ...registry, channelKeys: ["controller.pub"] },
        fleet: { report: { leastGapSeconds: 0.1 } },
      },
    },
    { STETHOS_NODE: NODE },
  );

/** Looks until the device says so. */
async function told(fleet: Fleet, isSo: (said: SignedReport) => boolean): Promise<SignedReport> {
  const found: SignedReport[] = [];
  await expect
    .poll(
      async () => {
        const { reports, refused } = await fleet.reports(never);
        expect(refused).toEqual([]);
        found.splice(0, found.length, ...reports.filter(isSo));
        return found.length;
      },
      { timeout: 90_000, interval: 100 },
    )
    .toBe(1);
  const [only] = found;
  if (only === undefined) throw new TypeError("it was there");
  return only;
}

/** @returns how to point at it */
async function publish(fleet: Fleet, head: "better" | "worse", version: string): Promise<Pointing> {
  await push(scene.store, await makeCandidate(join(scene.folder, head), key, { head }), key);
  const published = await fleet.published("listener", version, never);
  if (published === undefined) throw new Error(`${version} was not published`);
  return { ...published, model: "listener", node: NODE, expiresDays: 90 };
}

describe("a device of a fleet", { timeout: 240_000 }, () => {
  it("tries what it is offered, tells how it went, and goes back when it is told to", async () => {
    const fleet = await startFleet();
    const agent = await startAgent();
    const first = await told(fleet, ({ report }) => report.champion.version === "0.1.0");
    expect(first.report).toMatchObject({ node: NODE, site: "hall-7", model: "listener", outcomes: [] });
    const shipped: Pointing = { ...first.report.champion, model: "listener", node: NODE, expiresDays: 90 };

    const better = await publish(fleet, "better", "0.1.1");
    await fleet.offer(better, never);
    await told(
      fleet,
      ({ report }) => report.trial?.digest === better.digest && report.trial.stage === "shadow",
    );
    expect(await agent.command("promote")).toBe(200);
    const promoted = await told(fleet, ({ report }) => report.champion.digest === better.digest);
    expect(promoted.keyId).toBe(first.keyId);
    expect(promoted.report.outcomes[0]).toMatchObject({
      kind: "promoted",
      version: "0.1.1",
      reason: "by-hand",
    });
    await agent.kill();

    const again = await startAgent();
    const survived = await told(fleet, ({ report }) => report.sequence > promoted.report.sequence);
    expect(survived.keyId).toBe(first.keyId);
    expect(survived.report).toMatchObject({
      champion: promoted.report.champion,
      outcomes: promoted.report.outcomes,
    });

    // The agent came with it, and nobody ever published it here.
    await fleet.recall(shipped, never);
    const back = await told(fleet, ({ report }) => report.champion.digest === shipped.digest);
    expect(back.report.outcomes[0]).toMatchObject({ kind: "promoted", version: "0.1.0", reason: "recalled" });
    expect(back.report.rejected).toEqual([better.digest]);

    const worse = await publish(fleet, "worse", "0.1.2");
    await fleet.offer(worse, never);
    await again.until("it hears in the shadow", isAt("shadow", "canary"));
    await fleet.recall(shipped, never);
    const ended = await told(
      fleet,
      ({ report }) => report.trial === undefined && report.rejected.includes(worse.digest),
    );
    expect(ended.report.outcomes[0]).toMatchObject({
      kind: "rolled-back",
      version: "0.1.2",
      reason: "recalled",
    });
    expect(ended.report.champion.digest).toBe(shipped.digest);
    expect(ended.report.registryFailure).toBeUndefined();
    expect((await again.counters())["fleet_reports"]).toBeGreaterThan(2);
    await again.stop();
    await verifyAudit(scene.folder);
  });
});
