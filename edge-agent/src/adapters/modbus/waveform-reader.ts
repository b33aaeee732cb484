import { EdgeError } from "../../core/errors.ts";
import type { Asker } from "./asker.ts";
import { decodeSamples } from "./decode.ts";
import { eachInFlight } from "./each-in-flight.ts";
import type { Field } from "./field.ts";
import { mergeRuns, type Span } from "./merge.ts";
import { type ReadRequest, requestText } from "./request.ts";

/** A run of registers and the requests that read it. */
export interface RegisterRun {
  /** For messages: the tag and what of it. */
  readonly name: string;
  readonly field: Field;
  readonly spans: readonly Span[];
}

export function registerRun(name: string, field: Field, maxRegisters: number): RegisterRun {
  const spans = mergeRuns(new Map([[0, field]]), { most: maxRegisters, maxGap: 0, barriers: [] });
  return { name, field, spans };
}

/** @throws EdgeError DATA_INVALID where the device refuses or the unit is silent while the connection stays,
 *  PLC_TIMEOUT, PLC_UNREACHABLE, PDU_MALFORMED: the connection is of no more use */
export async function readSamples(
  run: RegisterRun,
  asker: Asker,
  jobsInFlight: number,
  signal: AbortSignal,
): Promise<Float32Array> {
  const samples = new Float32Array(run.field.count);
  await readSpans(run, asker, jobsInFlight, signal, (span, view) => {
    for (const slice of span.slices) decodeSamples(run.field, slice, view, samples);
  });
  return samples;
}

/** @throws as {@link readSamples} */
export async function readCounter(run: RegisterRun, asker: Asker, signal: AbortSignal): Promise<number> {
  let counter = 0;
  await readSpans(run, asker, 1, signal, (_span, view) => {
    counter = Number(run.field.read(view, 0));
  });
  return counter;
}

async function readSpans(
  { field, name, spans }: RegisterRun,
  asker: Asker,
  jobsInFlight: number,
  signal: AbortSignal,
  take: (span: Span, view: DataView) => void,
): Promise<void> {
  await eachInFlight(spans, jobsInFlight, async (span) => {
    const { quantity, start } = span;
    const request: ReadRequest = { unit: field.unit, table: field.table, start, quantity };
    const answer = await asker.ask(request, signal);
    if (answer.kind === "data") return take(span, answer.view);
    const reason = answer.kind === "refused" ? answer.meaning.reason : answer.reason;
    throw new EdgeError("DATA_INVALID", `${name}: no value for ${requestText(request)}: ${reason}`);
  });
}
