import { createHash } from "node:crypto";
import { unreachable } from "../../edge-agent/src/core/errors.ts";
import type { Gap, OutboxBatch, Stream } from "../../edge-agent/src/core/outbox/outbound.ts";
import { tagNumber, wrongRow } from "./load.ts";

/** What a process with an outbox tells the oracle outside, a line of JSON each, in the order in which it happened. */
export type Line =
  /** The outbox is open; before the first of the others. */
  | { readonly say: "open" }
  /** Rounds up to and with this one are about to be appended. */
  | { readonly say: "appending"; readonly round: number }
  /** All of them that were announced are committed. */
  | { readonly say: "accepted"; readonly round: number }
  /** A sink has this batch; not confirmed yet, and perhaps not for the first time. */
  | { readonly say: "delivered"; readonly sink: string; readonly batch: Told }
  /** What the outbox says of itself. */
  | { readonly say: "trouble"; readonly text: string | undefined }
  | { readonly say: "counted"; readonly rows: number }
  | { readonly say: "closed" };

/** A batch, told in few words. */
export interface Told {
  /** "epoch/number" */
  readonly name: string;
  readonly stream: Stream;
  /** Of all that a receiver sees of it. */
  readonly digest: string;
  /** Tag and sequence of each reading, in turn. */
  readonly readings: readonly number[];
  readonly alarms: readonly string[];
  readonly gaps: readonly Gap[];
  /** The first row that does not say what was put in. */
  readonly wrong?: string | undefined;
}

export function tell(batch: OutboxBatch): Told {
  const { content } = batch;
  const told = {
    name: `${batch.epoch}/${batch.number}`,
    stream: content.stream,

    digest: digestOf(batch),
    readings: [],
    alarms: [],
    gaps: [],
  };
  switch (content.stream) {
    case "readings": {
      const readings = Array.from({ length: content.count }, (_, row) => [
        tagNumber(content.tags[content.tag[row] ?? -1]?.id ?? ""),
        content.sequence[row] ?? -1,
      ]);
      return { ...told, readings: readings.flat(), wrong: wrongRow(content) };
    }
    case "alarms":
      return { ...told, alarms: content.rows.map(({ id }) => id) };
    case "gaps":
      return { ...told, gaps: content.rows };
    case "scores":
    case "health":
      return told;
    default:
      return unreachable(content);
  }
}

function digestOf({ node, content }: OutboxBatch): string {
  const text = JSON.stringify([node, content], (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    return ArrayBuffer.isView(value) ? Array.from(value as Float64Array, String) : value;
  });
  return createHash("sha256").update(text).digest("base64url");
}
