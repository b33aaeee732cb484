import type { Protocol, Tag } from "../../../core/tag.ts";
import type { ScanPlan, WaveformSource } from "../../../ports/driver.ts";
import type { Logger } from "../../../ports/logger.ts";

const path = { site: "s", area: "a", line: "l", cell: "c", asset: "m" };

function tagAt(address: string, protocol: Protocol = "modbus-tcp"): Tag {
  return {
    id: `s/a/l/c/m/${address}`,
    path,
    name: address,
    device: "dev",
    protocol,
    address,
    unit: "1",
    scale: 1,
    offset: 0,
  };
}

export function waveformAt(address: string, sequenceAddress: string, samples: number): WaveformSource {
  return { ...tagAt(address), sampleRateHz: 1000, samples, sequenceAddress };
}

/** One group with all the tags, and one with none. */
export function planOf(
  addresses: readonly string[],
  waveforms: readonly WaveformSource[] = [],
  protocol: Protocol = "modbus-tcp",
): ScanPlan {
  return {
    device: "dev",
    protocol,
    tags: addresses.map((address) => tagAt(address, protocol)),
    waveforms,
    groups: [
      {
        name: "all",
        periodMs: 1000,
        tags: addresses.map((_, i) => i),
        waveforms: waveforms.map((_, i) => i),
      },
    ],
  };
}

/** A logger that keeps its lines: "warn modbus unit does not answer". */
export interface KeptLog extends Logger {
  readonly lines: readonly string[];
}

export function keepLog(): KeptLog {
  const lines: string[] = [];
  const keep = (level: string) => (_fields: unknown, message: string) => {
    lines.push(`${level} ${message}`);
  };
  const log: KeptLog = {
    lines,
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
    child: () => log,
  };
  return log;
}
