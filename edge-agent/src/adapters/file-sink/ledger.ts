import { join } from "node:path";
import { z } from "zod";
import { STREAMS } from "../../core/outbox/outbound.ts";
import { SinkError } from "../../ports/sink.ts";
import type { Disk } from "./disk.ts";

/** The file that is being filled, as NDJSON whatever it becomes: what stands behind `bytes` was never confirmed. */
const openPart = z.strictObject({
  stream: z.enum(STREAMS),
  node: z.string(),
  epoch: z.string(),
  first: z.number(),
  last: z.number(),
  rows: z.number(),
  bytes: z.number(),
  committedUs: z.number(),
  openedUs: z.number(),
  /** Nothing more is added: its finished file may be there already. */
  isEnding: z.boolean(),
});
export type OpenPart = z.infer<typeof openPart>;

const ledger = z.strictObject({
  version: z.literal(1),
  /** The last batch that was taken, by "stream epoch node"; the newest last. */
  taken: z.array(z.tuple([z.string(), z.number()])),
  parts: z.array(openPart),
});

/** What the sink has: each delivery is one replacement of this file. */
export interface Ledger {
  readonly taken: ReadonlyMap<string, number>;
  readonly parts: readonly OpenPart[];
}

export const LEDGER_FILE = ".stethos-ledger.json";
/** An epoch is drawn after each unclean start; who comes back after so many others is no outbox that this sink knows. */
const MOST_TAKEN = 256;

export const takenKey = ({ stream, epoch, node }: Pick<OpenPart, "stream" | "epoch" | "node">): string =>
  `${stream} ${epoch} ${node}`;

export const partFile = (folder: string, { stream }: Pick<OpenPart, "stream">): string =>
  join(folder, `.${stream}.part`);

/** @throws SinkError "misfit" for one that cannot be read: to begin anew could write twice what is there */
export async function readLedger(disk: Disk, folder: string): Promise<Ledger> {
  const path = join(folder, LEDGER_FILE);
  const text = await disk.readText(path);
  if (text === undefined) return { taken: new Map(), parts: [] };
  try {
    const { taken, parts } = ledger.parse(JSON.parse(text));
    return { taken: new Map(taken), parts };
  } catch (cause) {
    throw new SinkError(
      "misfit",
      `${path} cannot be understood; move it and the .part files away, and the agent begins a new one`,
      { cause },
    );
  }
}

export async function writeLedger(disk: Disk, folder: string, { taken, parts }: Ledger): Promise<void> {
  const path = join(folder, LEDGER_FILE);
  const text = JSON.stringify({ version: 1, taken: [...taken].slice(-MOST_TAKEN), parts });
  await disk.write(`${path}.new`, [Buffer.from(text, "utf8")]);
  await disk.rename(`${path}.new`, path);
}
