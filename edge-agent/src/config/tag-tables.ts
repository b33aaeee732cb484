import { readFileSync } from "node:fs";
import type { ConfigProblem } from "./problem.ts";
import type { AgentFile } from "./schema.ts";
import { parseTagTable } from "./tag-table.ts";

export interface WithTables {
  /** With the tags of its tables behind those that stand in it. */
  readonly settings: AgentFile;
  /** Where a tag of a table stands; undefined for what stands in the configuration itself. */
  place(path: readonly PropertyKey[]): Pick<ConfigProblem, "column" | "file" | "line"> | undefined;
}

/** Reads the tables of tags that groups name.
 *  @param from makes paths absolute
 *  @param note told of everything that is wrong, by path of the configuration or place in a table */
export function readTagTables(
  settings: AgentFile,
  from: (path: string) => string,
  report: (path: readonly PropertyKey[], message: string) => void,
  note: (problem: ConfigProblem) => void,
): WithTables {
  const places = new Map<string, { file: string; first: number; lines: Uint32Array }>();
  const devices = settings.devices.map((device, d) => ({
    ...device,
    groups: device.groups.map((group, g) => {
      if (group.tagTable === undefined) return group;
      const file = from(group.tagTable);
      const path = ["devices", d, "groups", g, "tagTable"];
      const text = textOf(file);
      if (text === undefined) {
        report(path, `there is no readable file ${file}`);
        return group;
      }
      const { tags, lines } = parseTagTable(text, (problem) => note({ ...problem, file }));
      places.set(`${d}/${g}`, { file, first: group.tags.length, lines });
      return { ...group, tags: [...group.tags, ...tags] };
    }),
  }));
  return {
    settings: { ...settings, devices },
    place(path) {
      const [devicesKey, d, , g, tagsKey, t] = path;
      if (devicesKey !== "devices" || tagsKey !== "tags" || typeof t !== "number") return undefined;
      const found = places.get(`${String(d)}/${String(g)}`);
      const line = found?.lines[t - found.first];
      // The column is told by name, in the message's path.
      return found === undefined || line === undefined ? undefined : { file: found.file, line, column: 1 };
    },
  };
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Whatever the reason, the mend is the same: name a file that can be read.
    return undefined;
  }
}
