import { StatusCode } from "../core/quality.ts";
import { type RawBatch, rawColumns } from "../core/reading.ts";
import type { TimeUs } from "../core/time.ts";
import type { Driver, DriverEvent, ScanPlan, WaveformSource } from "../ports/driver.ts";

/** The part of a plan that a driver can read, and what is left of it. */
export interface PlanPart {
  /** With indices of its own. */
  readonly plan: ScanPlan;
  /** Of each tag and waveform of the part, its index in the whole. */
  readonly tags: readonly number[];
  readonly waveforms: readonly number[];
  /** What nobody can read this way, by its index in the whole. */
  readonly otherTags: readonly number[];
  readonly otherWaveforms: readonly number[];
}

/** @param isReadable of all addresses that something takes */
export function partOf(plan: ScanPlan, isReadable: (addresses: readonly string[]) => boolean): PlanPart {
  const isTag = (tag: number) => isReadable([plan.tags[tag]?.address ?? ""]);
  const isWaveform = (waveform: number) => {
    const source = plan.waveforms[waveform];
    return isReadable([source?.address ?? "", source?.sequenceAddress ?? ""]);
  };
  const allTags = [...plan.tags.keys()];
  const allWaveforms = [...plan.waveforms.keys()];
  const tags = allTags.filter(isTag);
  const waveforms = allWaveforms.filter(isWaveform);
  const groups = plan.groups.map((group) => ({
    ...group,
    tags: group.tags.flatMap((tag) => indexIn(tags, tag)),
    waveforms: group.waveforms.flatMap((waveform) => indexIn(waveforms, waveform)),
  }));
  return {
    plan: {
      ...plan,
      tags: tags.flatMap((tag) => plan.tags[tag] ?? []),
      waveforms: waveforms.flatMap((waveform) => plan.waveforms[waveform] ?? []),
      groups: groups.filter((group) => group.tags.length + group.waveforms.length > 0),
    },
    tags,
    waveforms,
    otherTags: allTags.filter((tag) => !tags.includes(tag)),
    otherWaveforms: allWaveforms.filter((waveform) => !waveforms.includes(waveform)),
  };
}

const indexIn = (all: readonly number[], item: number): number[] => {
  const index = all.indexOf(item);
  return index < 0 ? [] : [index];
};

/** A driver of the part as one of the whole: what it cannot read is said to be so whenever the link comes up. */
export function asWhole(driver: Driver, whole: ScanPlan, part: PlanPart, nowUs: () => TimeUs): Driver {
  return {
    device: driver.device,
    async *events(signal) {
      for await (const event of driver.events(signal)) {
        yield placed(event, part);
        if (event.kind === "link" && event.up) yield* unreadable(whole, part, nowUs());
      }
    },
  };
}

function placed(event: DriverEvent, part: PlanPart): DriverEvent {
  switch (event.kind) {
    case "batch":
      return { ...event, batch: placedBatch(event.batch, part) };
    case "waveform":
      return { ...event, waveform: { ...event.waveform, tag: part.waveforms[event.waveform.tag] ?? 0 } };
    case "torn-block":
      return { ...event, waveform: part.waveforms[event.waveform] ?? 0 };
    default:
      return event;
  }
}

const placedBatch = (batch: RawBatch, { tags }: PlanPart): RawBatch => ({
  ...batch,
  tag: batch.tag.map((tag) => tags[tag] ?? 0),
});

function* unreadable(whole: ScanPlan, part: PlanPart, nowUs: TimeUs): Generator<DriverEvent> {
  const { otherTags, otherWaveforms } = part;
  if (otherTags.length > 0) {
    const batch = rawColumns(otherTags.length, nowUs);
    batch.tag.set(otherTags);
    batch.status.fill(StatusCode.BadNotSupported);
    yield { kind: "batch", batch };
  }
  for (const tag of otherWaveforms) {
    const source = whole.waveforms[tag];
    if (source !== undefined) yield { kind: "waveform", waveform: emptyBlock(tag, source, nowUs) };
  }
}

const emptyBlock = (tag: number, { sampleRateHz }: WaveformSource, nowUs: TimeUs) => ({
  tag,
  sampleRateHz,
  firstSampleTimeUs: nowUs,
  sequence: 0,
  missed: 0,
  status: StatusCode.BadNotSupported,
  samples: new Float32Array(0),
});
