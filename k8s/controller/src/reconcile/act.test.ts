import { describe, expect, it } from "vitest";
import { type Cluster, ClusterError, type ClusterErrorCode } from "../ports/cluster.ts";
import { type Fleet, FleetError } from "../ports/fleet.ts";
import type { EdgeDevice, ModelRollout, ModelRolloutStatus } from "../ports/resources.ts";
import { type ActDeps, act } from "./act.ts";
import { createDeviceMemory } from "./device-memory.ts";
import type { Decision, Step } from "./observed.ts";
import { createRenewals } from "./renewals.ts";
import { deviceOf, rolloutOf, WANTED } from "./testing/observed-of.ts";

const TIMES = { signedMs: 1000, expiresMs: 2000 };
const never = new AbortController().signal;
const ROLLOUT = rolloutOf({ status: {} });
const STATUS = rolloutOf({ status: { message: "wave 1 is open" } }).status as ModelRolloutStatus;

const bumped = <T extends EdgeDevice | ModelRollout>(seen: T): T => ({
  ...seen,
  metadata: { ...seen.metadata, resourceVersion: String(Number(seen.metadata.resourceVersion) + 1) },
});

/** What was done, in order. `failing` throws in the middle of a deed, before it counts. */
function world(failing: (deed: string) => unknown = () => undefined) {
  const done: string[] = [];
  const told: ModelRollout[] = [];
  const memory = createDeviceMemory();
  async function deed<T>(name: string, answer: T): Promise<T> {
    const failure = failing(name);
    if (failure !== undefined) throw failure;
    done.push(name);
    return answer;
  }
  const cluster: Partial<Cluster> = {
    setRolloutStatus: (seen, status) => deed("status", { ...bumped(seen), status }),
    setDeviceStatus: (seen, status) =>
      deed(`journal ${seen.metadata.name}`, { ...bumped(seen), status } as EdgeDevice),
    setFinalizers: (seen) => deed("finalizers", bumped(seen)),
    tell: async (about, event) => {
      await deed(`event ${event.reason}`, undefined);
      told.push(about);
    },
  };
  const fleet: Partial<Fleet> = {
    offer: ({ node }) => deed(`offer ${node}`, undefined),
    renew: ({ node }) => deed(`renew ${node}`, TIMES),
    recall: ({ node }) => deed(`recall ${node}`, undefined),
  };
  const deps: ActDeps = {
    cluster: cluster as Cluster,
    fleet: fleet as Fleet,
    leadership: {
      confirm() {
        const failure = failing(`confirm after ${done.at(-1) ?? "nothing"}`);
        if (failure !== undefined) throw failure;
      },
    },
    memory,
    renewals: createRenewals(),
    concurrency: 1,
  };
  return { deps, done, memory, told };
}

const step = (kind: "offer" | "recall" | "journal", name: string): Step => {
  const device = deviceOf(name, { step: "Offering" });
  const status = deviceOf(name, { step: "Offered" }).status ?? {};
  if (kind === "journal") return { kind, device, status };
  return { kind, device, status, pointing: { ...WANTED, model: "listener", node: name, expiresDays: 30 } };
};
const renewal = (name: string): Step => {
  const pointing = { ...WANTED, model: "listener", node: name, expiresDays: 30 };
  return { kind: "renew", rollout: ROLLOUT, device: deviceOf(name), pointing };
};
const EVENT = { type: "Normal", reason: "WaveOpened", message: "wave 1" } as const;
const decided = (steps: readonly Step[]): Decision => ({ status: STATUS, steps, events: [EVENT] });
const ALL = decided([step("journal", "a"), step("offer", "b"), step("recall", "c")]);

const failAt = (wanted: string, failure: unknown) => (deed: string) =>
  deed === wanted ? failure : undefined;
const clusterError = (code: ClusterErrorCode) => new ClusterError(code, `it is ${code}`);

describe("a decision", () => {
  it("is carried out in order: the status, each deed before its journal, the events", async () => {
    const { deps, done, told } = world();
    expect(await act(ROLLOUT, ALL, deps, never)).toEqual({ done: 3, conflicts: 0 });
    expect(done).toEqual([
      "status",
      "journal a",
      "offer b",
      "journal b",
      "recall c",
      "journal c",
      "event WaveOpened",
    ]);
    // The event is about the rollout as it was written.
    expect(told.map(({ metadata, status }) => [metadata.resourceVersion, status?.message])).toEqual([
      ["2", "wave 1 is open"],
    ]);
  });

  it("takes finalizers without a status before them", async () => {
    const { deps, done } = world();
    const decision = {
      steps: [{ kind: "finalizers", rollout: ROLLOUT, finalizers: [] }],
      events: [],
    } as const;
    expect(await act(ROLLOUT, decision, deps, never)).toEqual({ done: 1, conflicts: 0 });
    expect(done).toEqual(["finalizers"]);
  });

  it("leaves the finalizers of a rollout that is gone", async () => {
    const { deps } = world(failAt("finalizers", clusterError("gone")));
    const decision = {
      steps: [{ kind: "finalizers", rollout: ROLLOUT, finalizers: [] }],
      events: [],
    } as const;
    expect(await act(ROLLOUT, decision, deps, never)).toEqual({ done: 0, conflicts: 1 });
  });

  it.each(["conflict", "gone"] as const)("ends at a status that is not written: %s", async (code) => {
    const { deps, done } = world(failAt("status", clusterError(code)));
    expect(await act(ROLLOUT, ALL, deps, never)).toEqual({ done: 0, conflicts: 1 });
    expect(done).toEqual([]);
  });

  it.each(["refused", "unreachable"] as const)("ends at a status that is not written: %s", async (code) => {
    const failure = clusterError(code);
    const { deps, done } = world(failAt("status", failure));
    expect(await act(ROLLOUT, ALL, deps, never)).toEqual({ done: 0, conflicts: 0, failure });
    expect(done).toEqual([]);
  });

  it.each([
    ["somebody else leads", clusterError("not-leader")],
    ["the program is wrong", new TypeError("no such field")],
  ])("stops all at the status where %s", async (_, failure) => {
    const { deps, done } = world(failAt("status", failure));
    await expect(act(ROLLOUT, ALL, deps, never)).rejects.toBe(failure);
    expect(done).toEqual([]);
  });

  it("stops with its time, whatever the write in hand says", async () => {
    const ending = new AbortController();
    const { deps, done } = world((deed) => {
      if (deed !== "offer b") return undefined;
      ending.abort(new Error("the term is over"));
      return new FleetError("unreachable", "no answer");
    });
    await expect(act(ROLLOUT, ALL, deps, ending.signal)).rejects.toThrow("the term is over");
    expect(done).toEqual(["status", "journal a"]);
  });

  it.each([
    ["nothing", []],
    ["status", ["status"]],
    ["journal a", ["status", "journal a"]],
    ["offer b", ["status", "journal a", "offer b"]],
    ["recall c", ["status", "journal a", "offer b", "journal b", "recall c"]],
    ["journal c", ["status", "journal a", "offer b", "journal b", "recall c", "journal c"]],
  ])("writes nothing more once it does not lead after %s", async (last, expected) => {
    const failure = clusterError("not-leader");
    const { deps, done } = world(failAt(`confirm after ${last}`, failure));
    await expect(act(ROLLOUT, ALL, deps, never)).rejects.toBe(failure);
    expect(done).toEqual(expected);
  });
});

describe("a step that does not work", () => {
  it.each(["offer", "recall"] as const)(
    "is not journalled where its %s failed, and stops no other",
    async (kind) => {
      const failure = new FleetError("unreachable", "no answer");
      const { deps, done } = world(failAt(`${kind} b`, failure));
      const decision = decided([step(kind, "b"), step("journal", "c")]);
      expect(await act(ROLLOUT, decision, deps, never)).toEqual({ done: 1, conflicts: 0, failure });
      expect(done).toEqual(["status", "journal c", "event WaveOpened"]);
    },
  );

  it("is counted as a conflict where the device changed meanwhile, and the first failure is told", async () => {
    const failure = new FleetError("refused", "no such bucket");
    const { deps } = world((deed) => {
      if (deed === "journal a") return clusterError("conflict");
      if (deed === "offer b") return failure;
      return deed === "recall c" ? new FleetError("unreachable", "later") : undefined;
    });
    expect(await act(ROLLOUT, ALL, deps, never)).toEqual({ done: 0, conflicts: 1, failure });
  });
});

describe("a renewal", () => {
  const decision: Decision = { steps: [renewal("a"), renewal("b")], events: [] };
  const seenIn = ({ renewals }: ActDeps) => [...renewals.of(ROLLOUT.metadata)];

  it("is not journalled, and remembered for the round that is under way", async () => {
    const { deps, done } = world();
    expect(await act(ROLLOUT, decision, deps, never)).toEqual({ done: 2, conflicts: 0 });
    expect(done).toEqual(["renew a", "renew b"]);
    expect(seenIn(deps)).toEqual([
      ["a", TIMES],
      ["b", TIMES],
    ]);
    expect(deps.renewals.of({ ...ROLLOUT.metadata, uid: "another of that name" }).size).toBe(0);
    deps.renewals.forget("plant", ROLLOUT.metadata.name);
    expect(seenIn(deps)).toEqual([]);
  });

  it("that failed is not remembered, and stops no other", async () => {
    const failure = new FleetError("unreachable", "no answer");
    const { deps } = world(failAt("renew a", failure));
    expect(await act(ROLLOUT, decision, deps, never)).toEqual({ done: 1, conflicts: 0, failure });
    expect(seenIn(deps)).toEqual([["b", TIMES]]);
  });

  it("is not made once somebody else leads", async () => {
    const failure = clusterError("not-leader");
    const { deps, done } = world(failAt("confirm after renew a", failure));
    await expect(act(ROLLOUT, decision, deps, never)).rejects.toBe(failure);
    expect(done).toEqual(["renew a"]);
  });
});

describe("the memory of devices", () => {
  it("has what was written, before any cache", async () => {
    const { deps, memory } = world();
    await act(ROLLOUT, decided([step("journal", "a"), step("offer", "b")]), deps, never);
    expect(memory.newest([]).map(({ metadata, status }) => [metadata.name, status?.rollout?.step])).toEqual([
      ["a", "Offered"],
      ["b", "Offered"],
    ]);
  });

  it.each([
    ["gone", []],
    ["conflict", ["a"]],
  ] as const)("of a device whose journal fails as %s is %j", async (code, expected) => {
    const { deps, memory } = world(failAt("journal a", clusterError(code)));
    memory.remember(deviceOf("a", { step: "Offering" }));
    await act(ROLLOUT, decided([step("journal", "a")]), deps, never);
    expect(memory.newest([]).map(({ metadata }) => metadata.name)).toEqual(expected);
  });
});
