import { type Clock, slept } from "@stethos/protocol-finger/clock";
import { describeError, EdgeError } from "../core/errors.ts";
import type { ModelVersion } from "../core/model.ts";
import type { RolloutEvent } from "../core/rollout/rollout-event.ts";
import type { RolloutPolicy } from "../core/rollout/rollout-policy.ts";
import { type AuditDraft, initialState, type RolloutState } from "../core/rollout/rollout-state.ts";
import { liveModels, parseState, type ReadState, serialiseState } from "../core/rollout/state-json.ts";
import { step } from "../core/rollout/step.ts";
import { createBackoff } from "../lib/backoff.ts";
import type { AuditLog } from "../ports/audit-log.ts";
import type { Logger } from "../ports/logger.ts";
import type { Random } from "../ports/random.ts";
import type { StateFile } from "../ports/state-file.ts";

/** An event without its time, which the keeper adds. */
export type Happening = RolloutEvent extends infer E
  ? E extends RolloutEvent
    ? Omit<E, "timeUs">
    : never
  : never;

/** Holds the state: in memory for whoever asks, on disk before anybody acts on it, in the audit log for ever. */
export interface Keeper {
  readonly state: RolloutState;
  /** Everything that somebody may act on is on disk. */
  readonly isSettled: boolean;
  /** @returns false where the event changed nothing */
  apply(happening: Happening): boolean;
  /** Resolves when what happened so far is on disk and in the audit log, however long the disk refuses.
   *  @throws the signal's reason */
  settle(signal: AbortSignal): Promise<void>;
  /** Evidence that nobody acts on yet may be written now and then. */
  saveLater(signal: AbortSignal): Promise<void>;
  /** Calls back after each change. */
  subscribe(listener: () => void): () => void;
}

export interface KeeperDeps {
  readonly state: StateFile;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly policy: RolloutPolicy;
}

/** Which versions may be live, the right one first: for whoever must load one before there is a rollout. None on a
 *  device that never changed its model, or whose state cannot be read at all. */
export async function readLiveModels(file: StateFile, logger: Logger): Promise<readonly ModelVersion[]> {
  const read = await readState(file, logger);
  return read === undefined ? [] : liveModels(read);
}

async function readState(file: StateFile, logger: Logger): Promise<ReadState | undefined> {
  try {
    const text = await file.read();
    if (text === undefined) return undefined;
    const read = parseState(text);
    if (read.damage !== undefined) {
      logger.error({ damage: read.damage }, "the trial's state cannot be read; the champion is kept");
    }
    return read;
  } catch (thrown) {
    if (!(thrown instanceof EdgeError)) throw thrown;
    logger.error({ err: describeError(thrown) }, "the rollout's state cannot be read; it begins anew");
    return undefined;
  }
}

// Drafts that a crash may have left: more are never waiting.
const LOOK_BACK = 512;

/** @param champion the version that runs */
export async function createKeeper(deps: KeeperDeps, champion: ModelVersion): Promise<Keeper> {
  const { clock, logger, policy, audit } = deps;
  const listeners = new Set<() => void>();
  const read = await readState(deps.state, logger);
  let state = read?.state ?? initialState(champion, clock.nowUs());
  let isDirty = read === undefined || read.damage !== undefined;
  let isUrgent = isDirty;
  let saving: Promise<void> | undefined;

  const apply = (happening: Happening): boolean => {
    const before = state;
    state = step(before, { ...happening, timeUs: clock.nowUs() } as RolloutEvent, policy);
    if (state === before) return false;
    isDirty = true;
    // A disagreement must be known when its label comes, also after a crash.
    const isNewFrame = before.trial?.evidence.disagreements !== state.trial?.evidence.disagreements;
    if (state.drafted !== before.drafted || isNewFrame) isUrgent = true;
    for (const listener of [...listeners]) listener();
    return true;
  };

  async function save(): Promise<void> {
    isDirty = false;
    const wasUrgent = isUrgent;
    isUrgent = false;
    const { drafts } = state;
    try {
      await deps.state.write(serialiseState(state));
    } catch (thrown) {
      isDirty = true;
      isUrgent ||= wasUrgent;
      throw thrown;
    }
    await tellAudit(drafts);
  }

  /** Only what the state on disk holds: after a crash it tells which entries are missing. */
  async function tellAudit(drafts: readonly AuditDraft[]): Promise<void> {
    for (const { number, detail, ...entry } of drafts) {
      await audit.append({ ...entry, detail: { ...detail, number } });
      apply({ kind: "audited", number });
    }
  }

  /** One at a time; whoever comes meanwhile waits for it and looks again. */
  async function saveOnce(): Promise<void> {
    saving ??= save().finally(() => {
      saving = undefined;
    });
    await saving;
  }

  const isSettled = () => !isUrgent && saving === undefined && state.drafts.length === 0;

  await forgetWritten();
  apply({ kind: "restarted", champion: versionOf(champion) });

  async function forgetWritten(): Promise<void> {
    const { signal } = new AbortController();
    const entries = await audit.newest(LOOK_BACK, signal);
    const numbers = entries.map(({ detail }) => Number(detail["number"] ?? 0));
    apply({ kind: "audited", number: Math.max(0, ...numbers.filter(Number.isFinite)) });
  }

  return {
    get state() {
      return state;
    },
    get isSettled() {
      return isSettled();
    },
    apply,
    async settle(signal) {
      const backoff = createBackoff(500, 30_000, deps.random);
      while (!isSettled()) {
        signal.throwIfAborted();
        try {
          await saveOnce();
        } catch (thrown) {
          logger.error({ err: describeError(thrown) }, "the rollout's state cannot be written; trying again");
          if (!(await slept(clock, backoff.next(), signal))) throw signal.reason;
        }
      }
    },
    async saveLater(signal) {
      if (!isDirty || signal.aborted) return;
      try {
        await saveOnce();
      } catch (thrown) {
        logger.error({ err: describeError(thrown) }, "the evidence of the trial cannot be written");
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export const versionOf = ({ name, version, digest, sequence }: ModelVersion): ModelVersion => ({
  name,
  version,
  digest,
  sequence,
});
