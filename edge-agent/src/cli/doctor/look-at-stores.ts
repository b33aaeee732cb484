import { basename } from "node:path";
import { z } from "zod";
import { describeError } from "../../core/errors.ts";
import { bytesText } from "./figures.ts";
import { type Area, type Finding, finding } from "./finding.ts";
import type { Examined } from "./machine.ts";

/** What a running agent tells of its outbox at GET /v1/outbox; more may stand beside it. */
export const toldOutbox = z.object({
  bytes: z.number(),
  rows: z.number(),
  trouble: z.string().nullish(),
  dropped: z.array(z.object({ stream: z.string(), cause: z.string(), rows: z.number() })),
  sinks: z.array(z.object({ sink: z.string(), waitingRows: z.number(), oldestUs: z.number().nullish() })),
});

export type ToldOutbox = z.infer<typeof toldOutbox>;

const BEHIND_US = 15 * 60e6;
const NEAR_FULL = 0.8;

/** @param limitBytes what the outbox may take, where that is configured */
export function lookAtOutbox(
  outbox: ToldOutbox,
  nowUs: number,
  limitBytes: number | undefined,
): readonly Finding[] {
  const { bytes, rows, trouble, dropped, sinks } = outbox;
  const faults = [
    ...(typeof trouble === "string" ? [finding("outbox", "outbox-trouble", { why: trouble })] : []),
    ...(limitBytes !== undefined && bytes > NEAR_FULL * limitBytes
      ? [finding("outbox", "outbox-near-full", { bytes: bytesText(bytes), limit: bytesText(limitBytes) })]
      : []),
    ...sinks.flatMap(({ sink, waitingRows, oldestUs }) => {
      const ageUs = typeof oldestUs === "number" ? nowUs - oldestUs : 0;
      return ageUs > BEHIND_US
        ? [finding("outbox", "outbox-behind", { sink, rows: waitingRows, minutes: Math.round(ageUs / 60e6) })]
        : [];
    }),
    ...dropped
      .filter((one) => one.rows !== 0 && one.cause !== "operator")
      .map((one) => finding("outbox", "outbox-lost", one)),
  ];
  return faults.length > 0 ? faults : [finding("outbox", "outbox-good", { rows, bytes: bytesText(bytes) })];
}

/** The file of a store whose agent does not run; nothing is written. */
export async function lookAtStore(
  { sizeOf, checkDatabase }: Pick<Examined, "checkDatabase" | "sizeOf">,
  area: Area,
  path: string,
): Promise<Finding> {
  const file = basename(path);
  const size = await sizeOf(path);
  if (size === undefined) return finding(area, "store-new", { file });
  try {
    const said = checkDatabase(path);
    return said === "ok"
      ? finding(area, "store-good", { file, bytes: bytesText(size) })
      : finding(area, "store-damaged", { file, why: said });
  } catch (thrown) {
    return finding(area, "store-damaged", { file, why: describeError(thrown) });
  }
}
