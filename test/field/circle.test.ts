import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore, readTrust } from "@stethos/models";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { registryOptions } from "../../edge-agent/src/adapters/registry/options.ts";
import { createModelStore } from "../../edge-agent/src/adapters/registry/store.ts";
import { type ModelAgent, quickModels, startModelAgent, verifyAudit } from "../e2e/model-agent.ts";
import { startModelPlant } from "../e2e/model-plant.ts";
import { silentLogger as logger } from "../rollout/silent-logger.ts";
import { bring, uploadAll } from "./hand-over.ts";
import { isDamaged, scripted, windowsOf } from "./moved-machines.ts";
import { type Place, places } from "./places.ts";
import { baselineWindows, runCli, runPython, type SeenWindow, seenWindows, shipped } from "./plant.ts";

const MACHINES = 5;
/** Of each machine: those that were kept, labelled and learnt from, and those that the agent hears afterwards. */
const WINDOWS = 12;
const LATER_WINDOWS = 24;
const BLOCK_MS = 300;
const POLL = { timeout: 60_000 };
const LABEL_MS = 200;
const clock = createSystemClock();
const signal = AbortSignal.timeout(580_000);
const random = () => 0.5;

describe.each(places)(
  "from the field to the next version, by way of $kind",
  { timeout: 600_000 },
  ({ start }) => {
    let folder: string;
    let place: Place;
    let next: string;
    let later: readonly SeenWindow[];

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "stethos-circle-"));
      place = await start(folder);
      Object.assign(process.env, place.env);
      next = join(folder, "listener-0.2.0");
    }, 60_000);

    afterAll(async () => {
      await place.stop();
      await rm(folder, { recursive: true, force: true });
    });

    const published = async (what: string) => {
      const trust = ["--key", join(folder, "release.pem.pub")];
      const key = ["--key", join(folder, "release.pem")];
      const registry = ["--registry", place.url];
      const { version } = JSON.parse(await readFile(join(what, "manifest.json"), "utf8"));
      await runCli(["pack", what, "--json"]);
      await runCli(["sign", what, ...key, "--json"]);
      const pushed = JSON.parse(await runCli(["push", what, ...registry, ...trust, "--json"]));
      await runCli(["channel", "set", "listener", "candidate", version, ...registry, ...key, "--json"]);
      return pushed;
    };

    it("learns a head from what agents kept and people labelled, which other machines profit from", async () => {
      const all = await seenWindows(join(folder, "seen"), MACHINES, WINDOWS + LATER_WINDOWS);
      const isEarly = (_: SeenWindow, i: number) => i % (WINDOWS + LATER_WINDOWS) < WINDOWS;
      const seen = all.filter(isEarly);
      later = all.filter((one, i) => !isEarly(one, i));
      const store = openStore(place.url, {}, clock);
      await uploadAll(seen, join(folder, "kept"), store, signal);
      // A window each, a healthy frame per machine and batch, and two manifests.
      const objects = await bring(store, "field/", join(folder, "brought"), signal);
      expect(objects).toBeGreaterThanOrEqual(MACHINES * WINDOWS + MACHINES + 2);
      const command = ["-m", "pipeline", "head", "--field", join(folder, "brought"), "--base", shipped];
      await runPython([...command, "--out", next, "--version", "0.2.0"]);
      const { evaluation, sequence, trainingData } = JSON.parse(
        await readFile(join(next, "manifest.json"), "utf8"),
      );
      expect(sequence).toBe(2);
      expect(trainingData.field).toMatchObject({ windows: MACHINES * WINDOWS, machines: MACHINES });
      const { before, after } = evaluation.field.byMachine;
      expect(after.accuracy).toBeGreaterThan(before.accuracy);
    });

    it("is packed, signed, pushed and offered; the graph is not sent again", async () => {
      await runCli(["keygen", "--out", join(folder, "release.pem"), "--json"]);
      const first = join(folder, "listener-0.1.0");
      await cp(shipped, first, { recursive: true, filter: (path) => !path.endsWith("model.sig") });
      await published(first);
      const pushed = await published(next);
      expect(pushed.uploaded.bytes).toBeLessThan(60_000);
      expect(pushed.shared.bytes).toBeGreaterThan(11_000_000);
    });

    it("is seen, fetched and checked by the model store of an agent", async () => {
      const trusted = join(folder, "release.pem.pub");
      expect((await readTrust([trusted])).keys).toHaveLength(1);
      const options = registryOptions.parse({
        url: place.url,
        trustedKeys: [trusted],
        bytesPerSecond: 1_000_000_000,
      });
      const agent = await createModelStore(
        { ...options, folder: join(folder, "models"), model: "listener" },
        { clock, logger, random },
      );
      const offered = await agent.offered("candidate", signal);
      expect(offered).toMatchObject({ model: { name: "listener", version: "0.2.0", sequence: 2 } });
      if (offered === undefined) throw new Error("nothing is offered");
      const installed = await agent.install(offered.model, () => undefined, signal);
      expect(await readFile(join(installed.folder, "head.bin"))).toEqual(
        await readFile(join(next, "head.bin")),
      );
    });

    it("is tried by an agent at these machines, promoted on what people say there, and stays over a restart", async () => {
      const baselines = await baselineWindows(join(folder, "seen"));
      let hasMoved = false;
      const machines = baselines.map((baseline, machine) => {
        const windows = windowsOf(machine, later);
        const { shaftHz = 0 } = later[machine * LATER_WINDOWS]?.frame ?? {};
        return scripted(machine, shaftHz, baseline, windows, () => hasMoved);
      });
      const plant = await startModelPlant(machines, BLOCK_MS);
      const trustedKeys = [join(folder, "release.pem.pub")];
      const models = {
        ...quickModels,
        registry: { ...place.registry, trustedKeys, bytesPerSecond: 1_000_000_000 },
      };
      const config = plant.agentConfig({ models });
      const first = await startModelAgent(folder, config, place.env);
      let second: ModelAgent | undefined;
      try {
        await first.until("it is tried", ({ trial }) => trial?.challenger.version === "0.2.0");
        await expect.poll(() => first.child.output().match(/baseline learnt/g)?.length, POLL).toBe(MACHINES);
        hasMoved = true;
        const labelling = labelAll(first);
        const { outcomes, previous } = await first.until(
          "it is promoted",
          ({ champion }) => champion.version === "0.2.0",
        );
        await labelling;
        expect(outcomes).toMatchObject([{ kind: "promoted", reason: { code: "accuracy-rose" } }]);
        expect(previous?.version).toBe("0.1.0");
        await first.stop();
        second = await startModelAgent(folder, config, place.env);
        const after = await second.models();
        expect(after.champion).toMatchObject({ version: "0.2.0", sequence: 2 });
        expect(after.trial).toBeUndefined();
        const metrics = await second.metrics();
        expect(metrics).toMatch(
          /^stethos_model_info\{role="champion",name="listener",version="0\.2\.0",.*\} 1$/m,
        );
        expect(metrics).toMatch(/^stethos_model_outcome_time_seconds\{outcome="promoted"\} /m);
        const what = (await second.history()).map((entry) => entry.what);
        expect(what).toEqual(expect.arrayContaining(["champion", "labelled", "promoted", "trial-started"]));
        await second.stop();
        expect(await verifyAudit(folder)).toMatch(/is whole: \d+ entries/);
      } finally {
        for (const agent of [first, second]) {
          if (agent?.child.process.exitCode === null) await agent.kill();
        }
        await plant.close();
      }
    });
  },
);

/** An operator who has been at the machines, until there is nothing left to label. */
async function labelAll(agent: ModelAgent): Promise<void> {
  while ((await agent.models()).outcomes.length === 0) {
    await agent.label(({ machine }) => (isDamaged(Number(machine.at(-1))) ? "real" : "false"));
    await clock.sleep(LABEL_MS, signal);
  }
}
