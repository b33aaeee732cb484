import { existsSync } from "node:fs";
import type { Report } from "./problem.ts";
import type { SinkFile } from "./sinks-schema.ts";

type Setting =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly Setting[]
  | { readonly [key: string]: Setting };

const NAMES_FILE = /^(.*File|file)$/;
const NAMES_FOLDER = "folder";

/** The sinks with the files and folders that they name taken from the folder of the configuration file. */
export const placedSinks = (sinks: readonly SinkFile[], from: (path: string) => string): SinkFile[] =>
  // Only texts change, and each for a text.
  sinks.map((sink) => placed(sink as Setting, from) as SinkFile);

function placed(setting: Setting, from: (path: string) => string): Setting {
  if (typeof setting !== "object" || setting === null) return setting;
  if (Array.isArray(setting)) return setting.map((item: Setting) => placed(item, from));
  return Object.fromEntries(
    Object.entries(setting).map(([key, value]) => [
      key,
      typeof value === "string" && (NAMES_FILE.test(key) || key === NAMES_FOLDER)
        ? from(value)
        : placed(value, from),
    ]),
  );
}

/** Two sinks of one name would share a place in the outbox; files that are named must be there. */
export function checkSinks(sinks: readonly SinkFile[], report: Report): void {
  const names = new Set<string>();
  for (const [i, sink] of sinks.entries()) {
    if (names.has(sink.name))
      report(["sinks", i, "name"], `there is another sink "${sink.name}"; give each a name of its own`);
    names.add(sink.name);
    checkFiles(["sinks", i], sink as Setting, report);
  }
}

function checkFiles(path: readonly PropertyKey[], setting: Setting, report: Report): void {
  if (typeof setting !== "object" || setting === null) return;
  for (const [key, value] of Object.entries(setting)) {
    if (typeof value !== "string") checkFiles([...path, key], value, report);
    else if (NAMES_FILE.test(key) && !existsSync(value)) report([...path, key], `there is no file ${value}`);
  }
}
