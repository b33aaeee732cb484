import { FLEET_FOLDER, FLEET_REPORT_TYPE, fleetReportKey } from "@stethos/edge-agent/core";
import {
  fleetReportSchema,
  type ListedObject,
  ModelError,
  type ObjectStore,
  openSelfSigned,
  readSmall,
} from "@stethos/models";
import { z } from "zod";
import type { ReportsSeen, SignedReport } from "../ports/fleet.ts";
import { admit, type Known } from "./admit.ts";
import { createGate } from "./gate.ts";

/** A report is one or two KiB. */
const MOST_BYTES = 64 << 10;
/** More objects than this are somebody's mistake, or attack. */
const MOST_REPORTS = 20_000;
const AT_ONCE = 16;
/** As the schema of a report has it. */
const MOST_OUTCOMES = 32;

export interface ReportDeps {
  readonly store: ObjectStore;
  readonly known: Known;
  /** Each refusal once. */
  onRefused(key: string, why: string): void;
}

/** One object, as it was read last. */
interface Read {
  readonly etag: string;
  readonly said: SignedReport | { readonly why: string };
}

interface Memory {
  readonly read: Read;
  /** The newest that was let in. */
  readonly good?: SignedReport | undefined;
  /** What was told about it. */
  readonly why: string;
}

/** Reads what devices put: only objects that are others than before are fetched. A device whose newest report is refused is
 *  still shown as its last good one told, which grows old: whoever can write to the store cannot unsay it. */
export function createReports({ store, known, onRefused }: ReportDeps) {
  let memories: ReadonlyMap<string, Memory> = new Map();
  const gate = createGate(AT_ONCE);

  async function look(object: ListedObject, signal: AbortSignal): Promise<Memory | undefined> {
    const before = memories.get(object.key);
    const read = before?.read.etag === object.etag ? before.read : await fetchReport(store, object, signal);
    if (read === undefined) return undefined;
    const why = "why" in read.said ? read.said.why : admit(read.said, before?.good, known);
    if (why !== "" && why !== before?.why) onRefused(object.key, why);
    const good = why === "" && "report" in read.said ? read.said : before?.good;
    return { read, why, ...(good && { good }) };
  }

  return {
    async reports(signal: AbortSignal): Promise<ReportsSeen> {
      const { objects, refused } = await listReports(store, signal);
      const looked = await Promise.all(
        objects.map(
          async (object) => [object.key, await gate.through(() => look(object, signal), signal)] as const,
        ),
      );
      const there = looked.flatMap(([key, memory]) => (memory === undefined ? [] : [[key, memory] as const]));
      memories = new Map(there);
      return {
        reports: there.flatMap(([, { good }]) => good ?? []),
        refused: [...refused, ...there.flatMap(([key, { why }]) => (why === "" ? [] : [{ key, why }]))],
      };
    },
  };
}

interface Listed {
  readonly objects: readonly ListedObject[];
  readonly refused: ReportsSeen["refused"];
}

async function listReports(store: ObjectStore, signal: AbortSignal): Promise<Listed> {
  const objects: ListedObject[] = [];
  for await (const object of store.list(FLEET_FOLDER, signal)) {
    if (!object.key.endsWith(".json")) continue;
    if (objects.length === MOST_REPORTS) {
      const why = `there are more than ${MOST_REPORTS} reports: the others are not read`;
      return { objects, refused: [{ key: FLEET_FOLDER, why }] };
    }
    objects.push(object);
  }
  return { objects, refused: [] };
}

/** Undefined where it has just gone. */
async function fetchReport(
  store: ObjectStore,
  { key, bytes, etag }: ListedObject,
  signal: AbortSignal,
): Promise<Read | undefined> {
  if (bytes > MOST_BYTES) {
    return { etag, said: { why: `it has ${bytes} bytes, and ${MOST_BYTES} are the most` } };
  }
  const object = await readSmall(store, key, signal);
  return object && { etag: object.etag, said: reportIn(object.bytes, key) };
}

// Agents are brought up before the controller too: a reason that only they know is kept as they wrote it, and fields that
// only they know are left out.
const outcomeSchema = fleetReportSchema.shape.outcomes.element;
const reportSchema = fleetReportSchema.extend({
  outcomes: z
    .array(outcomeSchema.extend({ reason: outcomeSchema.shape.reason.or(newerReason()) }))
    .max(MOST_OUTCOMES),
});

/** A code as ours are: it goes into statuses, events and logs. */
function newerReason() {
  const code = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/);
  return code.transform((reason): `unknown: ${string}` => `unknown: ${reason}`);
}

function reportIn(bytes: Uint8Array, key: string): Read["said"] {
  try {
    const { content, keyId } = openSelfSigned(bytes, FLEET_REPORT_TYPE, MOST_BYTES, key);
    const report = reportSchema.parse(content);
    if (fleetReportKey(report.node) !== key) return { why: `it is the report of ${report.node}` };
    return { report, keyId };
  } catch (thrown) {
    if (thrown instanceof ModelError) return { why: thrown.message };
    if (thrown instanceof z.ZodError) return { why: `it is no report: ${z.prettifyError(thrown)}` };
    throw thrown;
  }
}
