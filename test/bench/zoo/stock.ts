import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ZooEndpoint, ZooProfile, ZooTag } from "../../plant/zoo/zoo-profile.ts";

const run = promisify(execFile);

/** What a stock library is asked to do. */
export interface StockTry {
  readonly protocol: DrivenProtocol;
  readonly host: string;
  readonly port: number;
  readonly tags: readonly ZooTag[];
}

export type DrivenProtocol = "s7" | "modbus" | "opcua";

/** The protocol whose notation the tags are written in. */
export function notationOf(tags: readonly ZooTag[]): DrivenProtocol {
  const first = tags[0]?.address ?? "";
  if (/^(ns=|i=|s=|nsu=)/.test(first)) return "opcua";
  return /^(hr|ir|coil|di):|^\d/.test(first) ? "modbus" : "s7";
}

/** One try with the library that a user would take for these addresses: true where every tag has its value. */
export async function stockReads(
  { tags }: ZooProfile,
  { host, ports }: ZooEndpoint,
  limitMs: number,
): Promise<boolean> {
  const protocol = notationOf(tags);
  const attempt: StockTry = { protocol, host, port: ports[protocol] ?? 1, tags };
  try {
    const { stdout } = await run(
      process.execPath,
      [join(import.meta.dirname, "stock-client.ts"), JSON.stringify(attempt)],
      { timeout: limitMs },
    );
    const values = JSON.parse(stdout) as Record<string, unknown>;
    return tags.every(({ name, value }) => values[name] === value);
  } catch {
    // A library that gives up, crashes or hangs has not read the device: that is what is counted here.
    return false;
  }
}
