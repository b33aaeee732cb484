import { createNoter } from "./note.ts";
import type { Probe, Visit } from "./probe.ts";
import { S7_FRAMES, SZL, type SzlQuestion } from "./s7-frames.ts";
import {
  type NoteList,
  noteCommunication,
  noteConsistency,
  noteMode,
  noteModule,
  noteNames,
  noteProtection,
} from "./s7-identity.ts";
import { readList } from "./s7-lists.ts";
import { findTsap } from "./s7-search.ts";
import { setUp } from "./s7-setup.ts";
import type { S7Talk } from "./s7-talk.ts";
import { tryRead } from "./s7-trial.ts";

/** ISO-on-TCP and classic S7, as a programming device or an HMI opens it: connection, setup, identity. A known-good
 *  device costs six frames at most. */
export const s7Probe: Probe = {
  protocol: "s7",
  transport: "tcp",
  defaultPort: 102,
  frames: S7_FRAMES,
  async run(visit, signal) {
    const confirmed = await findTsap(visit, signal);
    if (confirmed === undefined) return;
    const { line, talk } = confirmed;
    try {
      if (visit.left.frames > 0 && (await setUp(visit, talk))) await examine(visit, talk);
      noteLatency(visit, talk);
    } finally {
      await line.close();
    }
  },
};

/** Whether anything more can be asked on the connection. */
type Step = (visit: Visit, talk: S7Talk) => Promise<boolean>;

const ask =
  (question: SzlQuestion, note: NoteList): Step =>
  async (visit, talk) => {
    const listed = await readList(visit, talk, question);
    note(visit, listed);
    return !listed.isOver;
  };

const identity = ask(SZL.moduleIdentity, noteModule);
const names = ask(SZL.componentNames, noteNames);
const communication = ask(SZL.communication, noteCommunication);
const consistency = ask(SZL.consistency, noteConsistency);
const protectionLevel = ask(SZL.protection, noteProtection);
const mode = ask(SZL.mode, noteMode);
const trial: Step = async (visit, talk) => {
  await tryRead(visit, talk);
  return visit.left.frames > 0;
};

/** What a good verdict may cost on a device that is known well. */
const KNOWN_GOOD_FRAMES = 6;

async function examine(visit: Visit, talk: S7Talk): Promise<void> {
  if (isShyOfLists(visit)) return void (await runSteps([trial], visit, talk));
  if (!(await runSteps([identity, names], visit, talk))) return;
  // Decided by the order number, now that it is known.
  const { wanted, welcome } = furtherSteps(visit);
  if (!(await runSteps(wanted, visit, talk))) return;
  for (const step of welcome) {
    if (visit.thorough !== true && talk.asked >= KNOWN_GOOD_FRAMES) return;
    if (!(await runSteps([step], visit, talk))) return;
  }
}

async function runSteps(steps: readonly Step[], visit: Visit, talk: S7Talk): Promise<boolean> {
  for (const step of steps) {
    if (visit.left.frames < 1 || !(await step(visit, talk))) return false;
  }
  return true;
}

/** LOGO! hangs up when it is asked for a list, and needs a while to recover. */
const isShyOfLists = (visit: Visit): boolean => orderNumberOf(visit).startsWith("6ED1");

interface FurtherSteps {
  readonly wanted: readonly Step[];
  /** As far as they come cheap. */
  readonly welcome: readonly Step[];
}

function furtherSteps(visit: Visit): FurtherSteps {
  const orderNumber = orderNumberOf(visit);
  if (orderNumber === "") return { wanted: [trial, communication], welcome: [mode, protectionLevel] };
  // S7-1200, S7-1500 and ET 200SP: what matters is whether they let themselves be read (PUT/GET).
  if (/^6ES7 ?(2..-1|5)/.test(orderNumber)) return { wanted: [trial], welcome: [mode] };
  return { wanted: [communication], welcome: [protectionLevel, mode, trial, consistency] };
}

const orderNumberOf = (visit: Visit): string => String(visit.fact("s7.orderNumber") ?? "");

function noteLatency(visit: Visit, talk: S7Talk): void {
  const sorted = [...talk.latencies].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) return;
  const rounded = Math.round(median * 10) / 10;
  createNoter(visit, "s7", Buffer.alloc(0))(
    "jobLatencyMs",
    rounded,
    `${rounded} ms for a request, as a rule`,
  );
}
