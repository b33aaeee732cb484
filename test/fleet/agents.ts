import { deviceChannels, fleetReportKey } from "@stethos/edge-agent/core";
import {
  createRegistry,
  type ObjectStore,
  openStore,
  type Registry,
  type S3Place,
  type Trust,
} from "@stethos/models";
import { testKey } from "@stethos/models/testing";
import { createSystemClock, slept } from "@stethos/protocol-finger/clock";
import { createReportPlace } from "../../edge-agent/src/adapters/field-store/sink.ts";
import { createReportSeal } from "../../edge-agent/src/adapters/retraining/seal-report.ts";
import { fleetNewsOf, fleetReportOf } from "../../edge-agent/src/core/fleet-report-of.ts";
import type { ModelVersion } from "../../edge-agent/src/core/model.ts";
import type { RolloutEvent } from "../../edge-agent/src/core/rollout/rollout-event.ts";
import { defaultRolloutPolicy } from "../../edge-agent/src/core/rollout/rollout-policy.ts";
import { initialState, type RolloutState } from "../../edge-agent/src/core/rollout/rollout-state.ts";
import { step } from "../../edge-agent/src/core/rollout/step.ts";
import { inParallel } from "../../k8s/controller/src/reconcile/in-parallel.ts";

type Untimed = RolloutEvent extends infer E ? (E extends RolloutEvent ? Omit<E, "timeUs"> : never) : never;

/** Many agents in one process. Real are the signed channels that they read, the state machine that decides what a trial
 *  comes to, and the signed reports that they put; simulated is what their gates would find out in hours. */
export interface Agents {
  readonly nodes: readonly string[];
  championOf(node: string): ModelVersion;
  /** Of a version on a device: decided when it is tried. */
  setFate(fate: (node: string, digest: string) => "promotes" | "rejects"): void;
  /** Nodes that say and do nothing. */
  readonly dead: Set<string>;
  /** How many devices ever promoted that version. */
  reached(digest: string): number;
  stop(): Promise<void>;
}

export interface AgentsOptions {
  readonly registry: string;
  readonly s3?: S3Place;
  readonly trust: Trust;
  readonly nodes: readonly string[];
  readonly versions: readonly ModelVersion[];
  /** What all run at first. */
  readonly champion: ModelVersion;
  /** What a gate takes. */
  readonly trialMs: number;
  /** From one look at the channels to the next. */
  readonly pollMs: number;
  readonly heartbeatMs: number;
}

interface Agent {
  readonly node: string;
  state: RolloutState;
  sequence: number;
  told: string;
  toldMs: number;
  readonly put: (body: Uint8Array, signal: AbortSignal) => Promise<void>;
  readonly seal: ReturnType<typeof createReportSeal>;
}

const policy = { ...defaultRolloutPolicy, soakMinutes: 0 };
// An agent asks two channels; so many do at the same time.
const AT_ONCE = 8;

export function startAgents(options: AgentsOptions): Agents {
  const clock = createSystemClock();
  const store = openStore(options.registry, options.s3 ?? {}, clock);
  const registry = createRegistry(store, { clock });
  const ending = new AbortController();
  const dead = new Set<string>();
  const reached = new Map<string, Set<string>>();
  let fateOf: (node: string, digest: string) => "promotes" | "rejects" = () => "promotes";
  const agents = new Map(options.nodes.map((node) => [node, createAgent(node)]));

  function createAgent(node: string): Agent {
    const key = testKey();
    return {
      node,
      state: initialState(options.champion, clock.nowUs()),
      sequence: Math.round(clock.nowUs() / 1000),
      told: "",
      toldMs: 0,
      put: placeOf(store, node),
      seal: createReportSeal({ ...key.signer, publicPem: key.publicPem }),
    };
  }

  function apply(agent: Agent, event: Untimed): void {
    agent.state = step(agent.state, { ...event, timeUs: clock.nowUs() } as RolloutEvent, policy);
  }

  /** All that needs no time is done at once, as far as it goes. */
  function act(agent: Agent): void {
    for (let before: unknown; before !== agent.state; ) {
      before = agent.state;
      const { trial } = agent.state;
      if (trial !== undefined) actOn(agent, trial);
    }
  }

  function actOn(agent: Agent, trial: NonNullable<RolloutState["trial"]>): void {
    const event = nextOf(agent.node, trial);
    if (event !== undefined) apply(agent, event);
    if (trial.stage !== "commit") return;
    const { digest } = trial.challenger;
    reached.set(digest, (reached.get(digest) ?? new Set()).add(agent.node));
  }

  /** What the parts of an agent would answer to the stage that its trial is in. */
  function nextOf(node: string, trial: NonNullable<RolloutState["trial"]>): Untimed | undefined {
    switch (trial.stage) {
      case "golden":
        return { kind: "golden-done", tally: undefined };
      case "shadow":
      case "canary":
        if (clock.nowUs() - trial.startedUs < options.trialMs * 1000) return undefined;
        return fateOf(node, trial.challenger.digest) === "promotes"
          ? { kind: "command", command: "promote", by: "gate" }
          : { kind: "failed", error: "GATE", message: "it is worse" };
      case "soak":
        return { kind: "tick" };
      default:
        return { kind: "done", stage: trial.stage };
    }
  }

  async function look(agent: Agent, signal: AbortSignal): Promise<void> {
    const { candidate, stable } = deviceChannels(agent.node);
    const back = await pointed(registry, stable, options, signal);
    if (back?.isRollback) {
      const pointer = { channel: stable, sequence: back.sequence };
      apply(agent, { kind: "offered", model: back.model, because: "recall", pointer });
    }
    const next = await pointed(registry, candidate, options, signal);
    if (next !== undefined && !next.isRollback) {
      apply(agent, { kind: "offered", model: next.model, because: "published" });
    }
  }

  async function tell(agent: Agent, signal: AbortSignal): Promise<void> {
    const device = { node: agent.node, site: "hall-1", agentVersion: "0.1.0", model: options.champion.name };
    const news = fleetNewsOf(device, agent.state, { driftConfirmed: 0, registryFailure: "" });
    const text = JSON.stringify(news);
    if (text === agent.told && clock.monotonicMs() - agent.toldMs < options.heartbeatMs) return;
    agent.sequence += 1;
    await agent.put(await agent.seal(fleetReportOf(news, agent.sequence, clock.nowUs())), signal);
    agent.told = text;
    agent.toldMs = clock.monotonicMs();
  }

  async function turn(agent: Agent, signal: AbortSignal): Promise<void> {
    if (dead.has(agent.node)) return;
    await look(agent, signal);
    act(agent);
    await tell(agent, signal);
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await inParallel([...agents.values()], AT_ONCE, (agent) => turn(agent, signal));
      } catch (thrown) {
        if (!signal.aborted) throw thrown;
      }
      await slept(clock, options.pollMs, signal);
    }
  }

  const running = run(ending.signal);
  // Told by `stop`; meanwhile it is nobody's unhandled error.
  running.catch(() => undefined);
  return {
    nodes: options.nodes,
    championOf(node) {
      const agent = agents.get(node);
      if (agent === undefined) throw new TypeError(`there is no ${node}`);
      return agent.state.champion.model;
    },
    setFate(fate) {
      fateOf = fate;
    },
    dead,
    reached: (digest) => reached.get(digest)?.size ?? 0,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

function placeOf(store: ObjectStore, node: string): Agent["put"] {
  const place = createReportPlace(store, fleetReportKey(node));
  return (body, signal) => place.put(body, signal);
}

/** What a channel says to a device, which believes no signature but those that it trusts. */
async function pointed(
  registry: Registry,
  channel: string,
  { champion, trust, versions }: AgentsOptions,
  signal: AbortSignal,
): Promise<
  { readonly model: ModelVersion; readonly isRollback: boolean; readonly sequence: number } | undefined
> {
  const pointer = await registry.pointer(champion.name, channel, trust, Date.now(), signal);
  if (pointer === undefined) return undefined;
  const model = versions.find(({ digest }) => digest === pointer.manifestSha256);
  if (model === undefined)
    throw new Error(`channel ${channel} points at ${pointer.version}, which nobody published`);
  return { model, isRollback: pointer.isRollback, sequence: pointer.sequence };
}
