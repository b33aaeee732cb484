import { modelTitle } from "../model.ts";
import type { RolloutEvent } from "./rollout-event.ts";
import type { AuditDraft, RolloutState, Trial } from "./rollout-state.ts";

type Note = Pick<AuditDraft, "detail" | "what">;

// The log takes them one after the other; more than this wait only while the disk refuses.
const MOST_DRAFTS = 256;

/** What the audit log must say of a change, remembered with it: a crash between the two loses no entry. */
export function withDrafts(before: RolloutState, after: RolloutState, event: RolloutEvent): RolloutState {
  const notes = notesOf(before, after, event);
  if (notes.length === 0) return after;
  const drafts = notes.map(
    ({ what, detail }, i): AuditDraft => ({
      number: after.drafted + 1 + i,
      timeUs: event.timeUs,
      // A label is a person's; what follows from it is the gate's.
      by: event.by === undefined || (event.kind === "labelled" && what !== "labelled") ? "agent" : event.by,
      what,
      detail: event.why === undefined ? detail : { ...detail, why: event.why },
    }),
  );
  return {
    ...after,
    drafted: after.drafted + drafts.length,
    drafts: [...after.drafts, ...drafts].slice(-MOST_DRAFTS),
  };
}

function notesOf(before: RolloutState, after: RolloutState, event: RolloutEvent): readonly Note[] {
  const notes: Note[] = [];
  if (event.kind === "labelled") {
    notes.push({ what: "labelled", detail: { frame: event.frame, verdict: event.verdict } });
  }
  if (event.kind === "offer-refused") {
    const { channel, error, message } = event;
    notes.push({ what: "offer-refused", detail: { channel, error, message } });
  }
  const isNew = after.trial !== undefined && after.trial.id !== before.trial?.id;
  const outcomes = after.outcomes.filter((outcome) => !before.outcomes.includes(outcome));
  for (const { kind, trial, model, reason } of outcomes) {
    notes.push({ what: kind, detail: { trial, model: modelTitle(model), digest: model.digest, reason } });
  }
  if (after.trial !== undefined && isNew) {
    const { id, challenger, because } = after.trial;
    notes.push({
      what: "trial-started",
      detail: { trial: id, model: modelTitle(challenger), digest: challenger.digest, because },
    });
  }
  if (before.trial !== undefined && after.trial !== undefined && !isNew) {
    notes.push(...trialNotes(before.trial, after.trial));
  }
  if (before.champion.model.digest !== after.champion.model.digest) {
    const { model } = after.champion;
    notes.push({ what: "champion", detail: { model: modelTitle(model), digest: model.digest } });
  }
  if (before.degradedSinceUs !== after.degradedSinceUs) {
    notes.push({ what: after.degradedSinceUs === undefined ? "recovered" : "degraded", detail: {} });
  }
  return notes;
}

function trialNotes(before: Trial, after: Trial): readonly Note[] {
  const { id } = after;
  const notes: Note[] = [];
  if (before.stage !== after.stage || before.canaryStep !== after.canaryStep) {
    const reason = after.stage === "rollback" ? after.rollback?.reason : undefined;
    notes.push({
      what: "stage",
      detail: {
        trial: id,
        from: before.stage,
        to: after.stage,
        ...(after.stage === "canary" && { step: after.canaryStep }),
        ...(reason && { reason }),
      },
    });
  }
  if (before.promotion === undefined && after.promotion !== undefined) {
    notes.push({ what: "promotion-decided", detail: { trial: id, reason: after.promotion } });
  }
  if ((before.paused === undefined) !== (after.paused === undefined)) {
    notes.push({ what: after.paused === undefined ? "resumed" : "paused", detail: { trial: id } });
  }
  if (before.crashes !== after.crashes) {
    notes.push({ what: "crashed", detail: { trial: id, crashes: after.crashes } });
  }
  return notes;
}
