import type { Clock } from "@stethos/protocol-finger/clock";
import type { Trust } from "../package/trust.ts";
import type { ObjectStore } from "../registry/object-store.ts";
import type { Registry, Signer } from "../registry/registry.ts";
import type { Limits } from "./gate.ts";
import type { StepName } from "./step-names.ts";
import type { WorkFolder } from "./work-folder.ts";

/** What one iteration is about; the same options for each of its steps, wherever they run. */
export interface IterationOptions {
  readonly model: string;
  /** Says which version is the current one. */
  readonly channel: string;
  /** A package instead of the channel's. */
  readonly base?: string;
  /** Labelled field data: the last layer learns from them. Without, the whole network is trained anew. */
  readonly field?: string;
  /** Real recordings to judge with. */
  readonly data?: string;
  /** Of the candidate; the next patch version if absent. */
  readonly version?: string;
  readonly isQuick: boolean;
  /** What the steps to come can do without is removed after training. */
  readonly isLean: boolean;
  readonly limits: Limits;
  readonly namespace: string;
  /** Hands the rollout to the cluster that kubectl talks to. */
  readonly isApplied: boolean;
  readonly request?: RequestOptions;
}

export interface RequestOptions {
  readonly source: { readonly file: string; readonly isBase64: boolean } | { readonly key: string };
  readonly devices: string;
  readonly mostAgeMs: number;
  readonly claimant: string;
  /** Gets "accepted" or "repeated"; a repeated request is no failure then. */
  readonly verdictFile?: string;
}

export interface IterationDeps {
  readonly work: WorkFolder;
  readonly clock: Clock;
  readonly say: (text: string) => void;
  /** @throws ModelError USAGE where no registry is named */
  readonly registry: () => Registry;
  /** Where requests lie; the registry's store unless it is said otherwise. */
  readonly requests: () => ObjectStore;
  readonly trust: () => Promise<Trust>;
  readonly signer: () => Promise<Signer>;
  /** Runs `python -m pipeline ...`; its words go to the messages.
   *  @returns the exit code */
  readonly pipeline: (args: readonly string[], signal: AbortSignal) => Promise<number>;
  readonly kubectl: (args: readonly string[], signal: AbortSignal) => Promise<number>;
}

export interface Iteration extends IterationDeps {
  readonly options: IterationOptions;
}

/** One step: the same code here, in a container of a workflow, and when it is gone on with. */
export interface Step {
  readonly name: StepName;
  readonly what: string;
  /** What decides its outcome besides the steps before it: a step whose inputs are those of last time is not run again. */
  inputs(iteration: Iteration, signal: AbortSignal): Promise<unknown>;
  /** @returns one line for people
   *  @throws Refused, ModelError */
  run(iteration: Iteration, signal: AbortSignal): Promise<string>;
}

/** It was looked at, and it is not good enough: nothing that another try would change. */
export class Refused extends Error {
  override readonly name = "Refused";
}
