import { createManualClock } from "@stethos/protocol-finger/clock";
import { describe, expect, it, onTestFinished } from "vitest";
import { ClusterError } from "../../k8s/controller/src/ports/cluster.ts";
import { createLead, type Told } from "../../k8s/controller/src/reconcile/lead.ts";
import { rolloutOf } from "../../k8s/controller/src/reconcile/testing/observed-of.ts";
import { createFakeServer } from "./fake-cluster.ts";
import { createFakeDevice } from "./fake-device.ts";
import { createFakeStore } from "./fake-fleet.ts";

const OLD = { version: "1.0.0", digest: "a".repeat(64) };
const hooks = { before: () => undefined, after: () => undefined };

function leading({ mayLead = () => undefined }: { readonly mayLead?: () => void } = {}) {
  const clock = createManualClock();
  const device = (node: string) =>
    createFakeDevice({
      node,
      model: "listener",
      champion: OLD,
      fate: "good",
      trialSteps: 1,
      endsTrialOnRecall: true,
    });
  const devices = [device("press-1"), device("Press_2")];
  const server = createFakeServer({ onJournal: () => undefined });
  const store = createFakeStore({
    devices,
    clock,
    published: { [OLD.version]: OLD.digest },
    onMove: () => undefined,
  });
  const cluster = server.connect(hooks);
  const told: Told[] = [];
  const lead = createLead(
    { pollSeconds: 10, adoptInto: "plant", concurrency: 2 },
    {
      cluster,
      fleet: store.connect(hooks),
      leadership: { confirm: mayLead },
      clock,
      keyIdOf: () => undefined,
      onTold: (one) => told.push(one),
    },
  );
  const ending = new AbortController();
  const ended = lead.lead(ending.signal);
  ended.catch(() => undefined);
  onTestFinished(() => ending.abort());
  return { clock, server, store, cluster, lead, told, ended, ending, devices };
}

describe("a leader", () => {
  it("makes an EdgeDevice for a device that reports itself, and writes down what it runs", async () => {
    const { clock, server, cluster, devices } = leading();
    await clock.advance(100);
    cluster.catchUp(1);
    // A name that no object can have is left for a person.
    expect([...server.devices.keys()]).toEqual(["press-1"]);
    expect(server.devices.get("press-1")?.metadata.labels).toEqual({
      "stethos.io/site": "plant",
      "stethos.io/model": "listener",
    });
    devices[0]?.speak();
    await clock.advance(10_000);
    expect(server.devices.get("press-1")?.status).toMatchObject({ version: "1.0.0", keyId: "key-press-1" });
  });

  it("refuses a rollout over a device that two EdgeDevices name", async () => {
    const { clock, server, cluster, lead } = leading();
    server.addDevice("press-1");
    server.addDevice("old-name", "press-1");
    const { spec } = rolloutOf();
    server.addRollout(
      "better",
      { ...spec, version: OLD.version, manifestSha256: OLD.digest },
      "2026-11-23T00:00:00Z",
    );
    cluster.catchUp(1);
    lead.changed("plant/better");
    await clock.advance(2000);
    expect(server.rollouts.get("better")?.status).toMatchObject({
      phase: "Invalid",
      message: expect.stringContaining("plant/old-name and plant/press-1 name one device, press-1;"),
    });
    await clock.advance(2000);
    expect(server.events.filter(({ reason }) => reason === "Invalid")).toHaveLength(1);
  });

  it("tries again, later each time, while the registry gives no answer, and goes on when it does", async () => {
    const { clock, store, told } = leading();
    store.isAway = true;
    await clock.advance(20_000);
    const waits = told.flatMap((one) => (one.kind === "failed" ? one.againMs : []));
    expect(waits.length).toBeGreaterThan(2);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    store.isAway = false;
    await clock.advance(60_000);
    expect(told.at(-1)).toMatchObject({ kind: "heard", devices: 2 });
  });

  it("ends where somebody else leads", async () => {
    const { clock, ended } = leading({
      mayLead() {
        throw new ClusterError("not-leader", "somebody else leads");
      },
    });
    await clock.advance(100);
    await expect(ended).rejects.toMatchObject({ code: "not-leader" });
  });

  it("ends quietly with its term", async () => {
    const { clock, ended, ending } = leading();
    await clock.advance(100);
    ending.abort();
    await expect(ended).resolves.toBeUndefined();
  });
});
