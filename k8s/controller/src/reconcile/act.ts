import { unreachable } from "@stethos/edge-agent/core";
import { type Cluster, ClusterError, type Leadership } from "../ports/cluster.ts";
import { type Fleet, FleetError } from "../ports/fleet.ts";
import type { EdgeDevice, EdgeDeviceStatus, ModelRollout } from "../ports/resources.ts";
import type { DeviceMemory } from "./device-memory.ts";
import { inParallel } from "./in-parallel.ts";
import type { Decision, Step } from "./observed.ts";
import type { Renewals } from "./renewals.ts";

export interface ActDeps {
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly leadership: Pick<Leadership, "confirm">;
  readonly memory: DeviceMemory;
  readonly renewals: Renewals;
  /** Steps at the same time. */
  readonly concurrency: number;
}

/** What became of a decision. */
export interface Acted {
  /** Steps that were carried out. */
  readonly done: number;
  /** Something had changed meanwhile: look again. */
  readonly conflicts: number;
  /** The first of those that did not work; the others were tried all the same. */
  readonly failure?: ClusterError | FleetError;
}

/** Carries a decision out: the status of the rollout first, so that nothing rests on what another knows better; then the
 *  steps, several at a time; events last. What cannot be written because it changed is left for the next look.
 *  @throws ClusterError "not-leader": somebody else goes on
 *  @throws the signal's reason */
export async function act(
  rollout: ModelRollout,
  decision: Decision,
  deps: ActDeps,
  signal: AbortSignal,
): Promise<Acted> {
  const { cluster, leadership } = deps;
  let written = rollout;
  if (decision.status !== undefined) {
    leadership.confirm();
    const answer = await tried(cluster.setRolloutStatus(rollout, decision.status, signal), signal);
    if ("failure" in answer) return actedOf([answer]);
    written = answer.value;
  }
  const acted = await carryOut(decision.steps, deps, signal);
  for (const event of decision.events) {
    leadership.confirm();
    await cluster.tell(written, event, signal);
  }
  return acted;
}

/** @throws as {@link act} */
export async function carryOut(steps: readonly Step[], deps: ActDeps, signal: AbortSignal): Promise<Acted> {
  const results = await inParallel(steps, deps.concurrency, (step) =>
    tried(takeStep(step, deps, signal), signal, step),
  );
  for (const { failure, step } of results) {
    if (failure?.code === "gone" && step !== undefined && step.kind !== "finalizers")
      deps.memory.forget(step.device);
  }
  return actedOf(results);
}

async function takeStep(
  step: Step,
  { cluster, fleet, leadership, memory, renewals }: ActDeps,
  signal: AbortSignal,
): Promise<void> {
  const journal = async (device: EdgeDevice, status: EdgeDeviceStatus): Promise<void> => {
    leadership.confirm();
    memory.remember(await cluster.setDeviceStatus(device, status, signal));
  };
  leadership.confirm();
  switch (step.kind) {
    case "journal":
      return journal(step.device, step.status);
    case "offer":
      await fleet.offer(step.pointing, signal);
      return journal(step.device, step.status);
    case "recall":
      await fleet.recall(step.pointing, signal);
      return journal(step.device, step.status);
    case "renew": {
      const times = await fleet.renew(step.pointing, signal);
      renewals.remember(step.rollout.metadata, step.pointing.node, times);
      return;
    }
    case "finalizers":
      await cluster.setFinalizers(step.rollout, step.finalizers, signal);
      return;
    default:
      return unreachable(step);
  }
}

type Tried<T> =
  | { readonly value: T; readonly failure?: undefined; readonly step?: undefined }
  | { readonly failure: ClusterError | FleetError; readonly step: Step | undefined };

/** What may go wrong with one step stops no other; the end of this process's time does. */
async function tried<T>(work: Promise<T>, signal: AbortSignal, step?: Step): Promise<Tried<T>> {
  try {
    return { value: await work };
  } catch (thrown) {
    signal.throwIfAborted();
    const isKnown = thrown instanceof ClusterError || thrown instanceof FleetError;
    if (!isKnown || thrown.code === "not-leader") throw thrown;
    return { failure: thrown, step };
  }
}

const isConflict = ({ code }: ClusterError | FleetError): boolean => code === "conflict" || code === "gone";

function actedOf(results: readonly Tried<unknown>[]): Acted {
  const failures = results.flatMap(({ failure }) => failure ?? []);
  const failure = failures.find((one) => !isConflict(one));
  return {
    done: results.length - failures.length,
    conflicts: failures.filter(isConflict).length,
    ...(failure && { failure }),
  };
}
