import type { LabelVerdict } from "../label.ts";
import type { PairedFrame } from "../rollout/paired-frame.ts";
import type { TimeUs } from "../time.ts";
import { type Accuracy, countFrame, countVote, noAccuracy, type Vote } from "./accuracy.ts";
import { type Blocks, enterBlock, regimeOf } from "./blocks.ts";
import type { GatePolicy } from "./gate-policy.ts";
import type { GoldenTally } from "./golden.ts";
import { countLatency, type Latency, noLatency } from "./latency.ts";

/** Of the frames that count for alarms: where one model alone calls the machine abnormal, and where both do. */
export interface Alarms {
  readonly frames: number;
  readonly both: number;
  readonly onlyChampion: number;
  readonly onlyChallenger: number;
}

/** A frame that counts and on which the verdicts differ: it waits for a label, or has one. */
export interface OpenDisagreement {
  readonly frame: string;
  readonly machine: string;
  readonly sensor: string;
  readonly timeUs: TimeUs;
  /** Of the challenger; the champion says the opposite. */
  readonly saysAnomalous: boolean;
  /** Whose alarm alone it counted as. */
  readonly alarm?: "challenger" | "champion";
  readonly label?: LabelVerdict;
}

/** All that is known of challenger against champion, in a bounded size. Plain data. */
export interface Evidence {
  /** Frames that the challenger was given, and those on which it failed. */
  readonly frames: number;
  readonly failed: number;
  /** Frames on which the challenger's verdict counted. */
  readonly acted: number;
  /** Abnormal windows, all of them: for people. What is tested is `alarms`. */
  readonly abnormalChampion: number;
  readonly abnormalChallenger: number;
  readonly blocks: Blocks;
  readonly alarmBlocks: Blocks;
  readonly accuracy: Accuracy;
  readonly alarms: Alarms;
  readonly latency: Latency;
  readonly memoryMib: number;
  /** Oldest first. */
  readonly disagreements: readonly OpenDisagreement[];
  readonly golden?: GoldenTally;
}

export const noEvidence: Evidence = {
  frames: 0,
  failed: 0,
  acted: 0,
  abnormalChampion: 0,
  abnormalChallenger: 0,
  blocks: {},
  alarmBlocks: {},
  accuracy: noAccuracy,
  alarms: { frames: 0, both: 0, onlyChampion: 0, onlyChallenger: 0 },
  latency: noLatency,
  memoryMib: 0,
  disagreements: [],
};

/** Takes a frame that went through both models. */
export function addPair(evidence: Evidence, frame: PairedFrame, policy: GatePolicy): Evidence {
  const { champion, challenger } = frame;
  const counted = { ...evidence, frames: evidence.frames + 1 };
  if ("failure" in challenger) return { ...counted, failed: evidence.failed + 1 };
  const timed: Evidence = {
    ...counted,
    acted: evidence.acted + (frame.acted === "challenger" ? 1 : 0),
    abnormalChampion: evidence.abnormalChampion + (champion.isAbnormal ? 1 : 0),
    abnormalChallenger: evidence.abnormalChallenger + (challenger.isAbnormal ? 1 : 0),
    latency: countLatency(evidence.latency, frame, policy),
  };
  const regime = regimeOf(frame.machine, frame.shaftHz, policy.regimeShare);
  const blocks = entered(evidence.blocks, regime, frame.timeUs, policy.blockSeconds, policy.mostRegimes);
  if (blocks === undefined) return timed;
  const { alarmBlockSeconds, mostRegimes } = policy;
  const alarmBlocks = entered(evidence.alarmBlocks, regime, frame.timeUs, alarmBlockSeconds, mostRegimes);
  const alarms = alarmBlocks && countAlarm(evidence.alarms, champion.isAbnormal, challenger.isAbnormal);
  const differs = champion.isAnomalous !== challenger.isAnomalous;
  return {
    ...timed,
    blocks,
    ...(alarms && { alarmBlocks, alarms }),
    accuracy: countFrame(evidence.accuracy, differs),
    disagreements: differs
      ? remember(evidence.disagreements, disagreementOf(frame, alarms !== undefined), policy)
      : evidence.disagreements,
  };
}

/** With a length of 0 every frame is a block of its own. */
function entered(
  blocks: Blocks,
  regime: string,
  timeUs: TimeUs,
  seconds: number,
  most: number,
): Blocks | undefined {
  return seconds <= 0 ? blocks : enterBlock(blocks, regime, Math.floor(timeUs / 1e6 / seconds), most);
}

const countAlarm = (alarms: Alarms, champion: boolean, challenger: boolean): Alarms => ({
  frames: alarms.frames + 1,
  both: alarms.both + (champion && challenger ? 1 : 0),
  onlyChampion: alarms.onlyChampion + (champion && !challenger ? 1 : 0),
  onlyChallenger: alarms.onlyChallenger + (challenger && !champion ? 1 : 0),
});

function disagreementOf(frame: PairedFrame, countsAsAlarm: boolean): OpenDisagreement {
  const { champion, challenger, id, machine, sensor, timeUs } = frame;
  const isAbnormal = !("failure" in challenger) && challenger.isAbnormal;
  const alarm = champion.isAbnormal === isAbnormal ? undefined : isAbnormal ? "challenger" : "champion";
  return {
    frame: id,
    machine,
    sensor,
    timeUs,
    saysAnomalous: !champion.isAnomalous,
    ...(countsAsAlarm && alarm !== undefined && { alarm }),
  };
}

/** Without room the oldest without a label goes, or else the oldest: its label has counted and stays so. */
function remember(
  known: readonly OpenDisagreement[],
  added: OpenDisagreement,
  { mostDisagreements }: GatePolicy,
): readonly OpenDisagreement[] {
  if (known.length < mostDisagreements) return [...known, added];
  const unlabelled = known.findIndex(({ label }) => label === undefined);
  return [...known.toSpliced(Math.max(0, unlabelled), 1), added];
}

/** Labels may come in any order, and be corrected.
 *  @returns the same object where the frame is no disagreement that counts, or the label is known */
export function addLabel(evidence: Evidence, frame: string, label: LabelVerdict): Evidence {
  const place = evidence.disagreements.findIndex((one) => one.frame === frame);
  const found = evidence.disagreements[place];
  if (found === undefined || found.label === label) return evidence;
  const labelled = { ...found, label };
  return {
    ...evidence,
    accuracy: countVote(evidence.accuracy, voteOf(found), voteOf(labelled)),
    alarms: weighAlarm(evidence.alarms, found, labelled),
    disagreements: evidence.disagreements.with(place, labelled),
  };
}

function voteOf({ label, saysAnomalous }: OpenDisagreement): Vote | undefined {
  if (label === undefined || label === "not-sure") return label;
  return (label === "real") === saysAnomalous ? "better" : "worse";
}

/** An alarm that was right is no fault of the model that raised it. */
function weighAlarm(alarms: Alarms, before: OpenDisagreement, after: OpenDisagreement): Alarms {
  const change = Number(before.label === "real") - Number(after.label === "real");
  if (change === 0 || before.alarm === undefined) return alarms;
  return before.alarm === "challenger"
    ? { ...alarms, onlyChallenger: alarms.onlyChallenger + change }
    : { ...alarms, onlyChampion: alarms.onlyChampion + change };
}
