import { STREAMS, type Stream } from "../../core/outbox/outbound.ts";
import { rfc3339, type TimeUs } from "../../core/time.ts";

export const KINDS = ["ndjson", "ndjson.gz", "parquet"] as const;
export type FileKind = (typeof KINDS)[number];

/** A finished file holds every batch of its stream with a number from `first` to `last`; `first` follows the last number of
 *  the file before it. Its name tells that, so that a missing file is noticed without opening any:
 *  "press-12.readings.20261123T081530Z.00c0ffee00c0ffee.17-42.26000rows.parquet". */
export interface FileName {
  readonly node: string;
  readonly stream: Stream;
  /** When the first batch was committed; in names whole seconds. */
  readonly committedUs: TimeUs;
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  readonly rows: number;
  readonly kind: FileKind;
}

export function fileNameText(name: FileName): string {
  const { node, stream, committedUs, epoch, first, last, rows, kind } = name;
  const time = `${rfc3339(committedUs).slice(0, 19).replace(/[-:]/g, "")}Z`;
  return `${nodeText(node)}.${stream}.${time}.${epoch}.${first}-${last}.${rows}rows.${kind}`;
}

/** Any name as part of a file's: what some file system minds goes in percent form. */
const nodeText = (node: string): string =>
  encodeURIComponent(node).replace(
    /[.!'()*~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const PATTERN = new RegExp(
  `^([^.]+)\\.(${STREAMS.join("|")})\\.(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)Z\\.([0-9a-f]{16})` +
    `\\.(\\d{1,16})-(\\d{1,16})\\.(\\d{1,16})rows\\.(${KINDS.join("|").replaceAll(".", "\\.")})$`,
);

/** Undefined for what is no finished file. */
export function parseFileName(text: string): FileName | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, node = "", stream, y, mo, d, h, mi, s, epoch = "", first, last, rows, kind] = match;
  const ms = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  if (Number.isNaN(ms)) return undefined;
  try {
    return {
      node: decodeURIComponent(node),
      stream: stream as Stream,
      committedUs: ms * 1000,
      epoch,
      first: Number(first),
      last: Number(last),
      rows: Number(rows),
      kind: kind as FileKind,
    };
  } catch {
    // Percent signs that stand for nothing.
    return undefined;
  }
}
