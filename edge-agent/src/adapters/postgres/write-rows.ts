import type { OutboundRows, ReadingRows, Stream } from "../../core/outbox/outbound.ts";
import type { CopyWriter } from "./copy-writer.ts";
import { EVENT_TABLES, putEvent } from "./event-rows.ts";
import type { Examined } from "./examine.ts";
import { codeOf } from "./fault.ts";
import type { Link } from "./link.ts";
import { OTHER_COLUMNS, putOther, putReadings, READING_COLUMNS } from "./reading-rows.ts";
import type { TagIds } from "./tags.ts";

/** A row that the database refused although nothing here spoke against it: somebody gave the table a rule of its own. */
export class RowFault extends Error {
  override readonly name = "RowFault";
  readonly part: Examined;
  readonly row: number;

  constructor(part: Examined, row: number, cause: Error) {
    super(cause.message, { cause });
    this.part = part;
    this.row = row;
  }
}

interface RowWriting {
  readonly link: Pick<Link, "copy">;
  readonly writer: CopyWriter;
  readonly ids: Pick<TagIds, "of">;
  readonly signal: AbortSignal;
}

type Part<Content extends OutboundRows> = Examined & { readonly content: Content };

/** Writes all rows that are not refused, each stream into its tables, within the transaction that is open.
 *  @throws RowFault; what the server said */
export async function writeRows(parts: readonly Examined[], writing: RowWriting): Promise<void> {
  const streams = Map.groupBy(parts, ({ batch }) => batch.content.stream);
  for (const [stream, ofStream] of streams) {
    if (stream === "readings") await writeReadings(ofStream.flatMap(readingsOnly), writing);
    else await writeEvents(stream, ofStream, writing);
  }
}

const readingsOnly = (part: Examined): Part<ReadingRows>[] =>
  part.batch.content.stream === "readings" ? [{ ...part, content: part.batch.content }] : [];

async function writeReadings(parts: readonly Part<ReadingRows>[], writing: RowWriting): Promise<void> {
  const { writer, ids } = writing;
  const rowsOf = ({ content }: Part<ReadingRows>): Iterable<number> => Array(content.count).keys();
  await copyInto("reading", READING_COLUMNS, { parts, rowsOf }, writing, async (send) => {
    for (const { batch, content, refused } of parts) {
      const tagIds = ids.of(batch.node, content.tags);
      for (let i = 0; i < content.count; ) {
        i = putReadings(writer, content, tagIds, i, refused);
        if (writer.isFull) await send();
      }
    }
  });
  const others = parts.filter(({ content }) => content.other.size > 0);
  if (others.length === 0) return;
  const otherRowsOf = ({ content }: Part<ReadingRows>): Iterable<number> => content.other.keys();
  await copyInto(
    "reading_text",
    OTHER_COLUMNS,
    { parts: others, rowsOf: otherRowsOf },
    writing,
    async (send) => {
      for (const { batch, content, refused } of others) {
        const tagIds = ids.of(batch.node, content.tags);
        for (const i of content.other.keys()) {
          if (refused.has(i)) continue;
          putOther(writer, content, tagIds, i);
          if (writer.isFull) await send();
        }
      }
    },
  );
}

async function writeEvents(
  stream: Exclude<Stream, "readings">,
  parts: readonly Examined[],
  writing: RowWriting,
): Promise<void> {
  const { table, columns } = EVENT_TABLES[stream];
  const rowsOf = ({ batch }: Examined): Iterable<number> => Array(batch.content.count).keys();
  await copyInto(table, columns, { parts, rowsOf }, writing, async (send) => {
    for (const { batch, refused } of parts) {
      const { content } = batch;
      if (content.stream === "readings") continue;
      for (let i = 0; i < content.count; i += 1) {
        if (refused.has(i)) continue;
        putEvent(writing.writer, batch, content, i);
        if (writing.writer.isFull) await send();
      }
    }
  });
}

/** One COPY: while one buffer is on its way the next is filled.
 *  @param lines what is written, to find a row by the number that the server names it with */
async function copyInto<P extends Examined>(
  table: string,
  columns: readonly string[],
  lines: { readonly parts: readonly P[]; readonly rowsOf: (part: P) => Iterable<number> },
  { link, writer, signal }: RowWriting,
  fill: (send: () => Promise<void>) => Promise<void>,
): Promise<void> {
  writer.take();
  writer.begin();
  const copy = link.copy(`COPY ${table} (${columns.join(", ")}) FROM STDIN (FORMAT binary)`, signal);
  let onItsWay: Promise<void> = Promise.resolve();
  const send = async (): Promise<void> => {
    await onItsWay;
    onItsWay = copy.write(writer.take());
    // Met by whoever waits for it next.
    onItsWay.catch(() => undefined);
  };
  try {
    await fill(send);
    writer.end();
    await send();
    await onItsWay;
    await copy.end();
  } catch (thrown) {
    throw rowFaultOf(thrown, lines) ?? thrown;
  }
}

function rowFaultOf<P extends Examined>(
  thrown: unknown,
  { parts, rowsOf }: { readonly parts: readonly P[]; readonly rowsOf: (part: P) => Iterable<number> },
): RowFault | undefined {
  if (!(thrown instanceof Error) || !/^2[23]/.test(codeOf(thrown)) || isPartitionMissing(thrown))
    return undefined;
  const [, line] = ("where" in thrown && /^COPY [^,]+, line (\d+)/m.exec(String(thrown.where))) || [];
  let left = Number(line);
  for (const part of parts) {
    for (const row of rowsOf(part)) {
      if (part.refused.has(row)) continue;
      left -= 1;
      if (left === 0) return new RowFault(part, row, thrown);
    }
  }
  return undefined;
}

/** The retention of another agent took it; the next attempt makes it again. */
export const isPartitionMissing = (thrown: unknown): boolean =>
  thrown instanceof Error && codeOf(thrown) === "23514" && thrown.message.startsWith("no partition of");
