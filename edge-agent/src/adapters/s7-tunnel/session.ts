import type { Diagnosis, LearntLimits } from "@stethos/protocol-finger";
import type { Barriers, ModbusClient } from "@stethos/protocol-finger/tunnel";
import type { DriverDeps, PolledSession } from "../../ports/driver.ts";
import type { DeviceMap, NamedAddress } from "./device-map.ts";
import { asEdgeError } from "./edge-error.ts";
import type { GroupReads, RefusedRow } from "./group-reads.ts";
import type { S7TunnelOptions } from "./options.ts";
import { createSingleRead } from "./single-read.ts";

/** What is known of a device over its sessions. */
export interface DeviceReads {
  readonly map: DeviceMap;
  readonly groups: readonly GroupReads[];
  readonly barriers: Barriers;
}

/** A session over a connection that has just been opened; one request at a time is the client's doing. */
export function createSession(
  client: ModbusClient,
  { map, groups, barriers }: DeviceReads,
  options: S7TunnelOptions,
  { clock, logger }: Pick<DriverDeps, "clock" | "logger">,
): PolledSession {
  const { device } = map;
  const single = (target: NamedAddress) => createSingleRead(device, target, options, barriers);
  const sequences = map.waveforms.map((waveform) => single(waveform.sequence));
  const blocks = map.waveforms.map((waveform) => single(waveform.block));
  let learnt: LearntLimits | undefined;

  /** The tag of row `row` of group `group`, and why there is no value of it. */
  function told(group: number, { row, error }: RefusedRow): string {
    const tag = at(map.tags, at(map.groups, group, "group")[row] ?? -1, "tag");
    return `${tag.name} ${tag.text}: ${error.message}`;
  }

  function report(group: number, news: readonly RefusedRow[]): void {
    if (news.length === 0) return;
    const addresses = news.slice(0, 10).map((one) => told(group, one));
    logger.warn({ device, count: news.length, addresses }, "the controller refuses registers");
  }

  function diagnose(): Diagnosis | undefined {
    for (const [group, reads] of groups.entries()) {
      const trouble = reads.trouble();
      const code = trouble?.error.diagnosis;
      if (trouble !== undefined && code !== undefined) return { code, observed: told(group, trouble) };
    }
    return undefined;
  }

  function noteLimits(): void {
    const { registers, bits } = client.learnt;
    if (registers === learnt?.["maxRegisters"] && bits === learnt?.["maxBits"]) return;
    learnt = {
      ...(registers !== undefined && { maxRegisters: registers }),
      ...(bits !== undefined && { maxBits: bits }),
    };
  }

  return {
    async readGroup(group, signal) {
      const reads = at(groups, group, "group");
      report(group, await asEdgeError(reads.read(client, signal)));
      noteLimits();
      return reads.decode(clock.nowUs());
    },
    async readSequence(waveform, signal) {
      const read = at(sequences, waveform, "waveform");
      await asEdgeError(read.read(client, signal));
      return read.sequence();
    },
    async readBlock(waveform, signal) {
      const read = at(blocks, waveform, "waveform");
      await asEdgeError(read.read(client, signal));
      noteLimits();
      return read.block();
    },
    get diagnosis() {
      return diagnose();
    },
    get learnt() {
      return learnt;
    },
    close: () => client.close(),
  };
}

/** A caller that names what the plan does not have is a bug, not an event of the plant. */
function at<T>(list: readonly T[], index: number, what: string): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`${what} ${index} of ${list.length}`);
  return item;
}
