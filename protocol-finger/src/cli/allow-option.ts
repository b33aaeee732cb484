import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { type AllowList, parseAllowList } from "../allow-list.ts";
import { FingerError } from "../finger-error.ts";
import { describeError } from "./describe-error.ts";

/** The allow-list of --allow: each value is a file, where there is one of that name, or an entry itself. The one host of
 *  the command line where there is none: whoever names a single device has said that it may be spoken to.
 *  @throws FingerError OPTION_INVALID */
export function allowListOf(values: readonly string[] | undefined, host?: string): AllowList {
  if (values === undefined) return parseAllowList(host === undefined ? [] : [host]);
  const list = parseAllowList(
    values.flatMap((value) => (existsSync(value) ? linesOf(value) : [entryOf(value)])),
  );
  if (list.entries.length > 0) return list;
  throw new FingerError(
    "OPTION_INVALID",
    `--allow ${values.join(", ")} names no device: write one address, network, range or name a line`,
  );
}

function linesOf(file: string): readonly string[] {
  const lines = textOf(file).split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    try {
      parseAllowList([line]);
    } catch (thrown) {
      throw new FingerError("OPTION_INVALID", `${file}, line ${i + 1}: ${describeError(thrown)}`);
    }
  }
  return lines;
}

// Beyond it is no list: somebody has named a capture or a disk.
const MOST_CHARACTERS = 4_000_000;

function textOf(file: string): string {
  const notAList = (cause?: unknown) =>
    new FingerError("OPTION_INVALID", `${file} cannot be read as an allow-list; name a text file`, { cause });
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    throw notAList(cause);
  }
  if (text.length > MOST_CHARACTERS || text.includes("\0")) throw notAList();
  return text;
}

/** Names of files that are not there, as people call lists, and not of devices. */
const LOOKS_LIKE_FILE = /[/\\]|\.(txt|list|lst|csv|conf|cfg|allow|json|ya?ml)$/i;

function entryOf(value: string): string {
  const isNetwork = isIP(value.split("/")[0] ?? "") !== 0;
  if (isNetwork || !LOOKS_LIKE_FILE.test(value)) return value;
  throw new FingerError("OPTION_INVALID", `there is no file ${value}; check the path after --allow`);
}
