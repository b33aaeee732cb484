import type { Diagnosis } from "@stethos/protocol-finger";
import type { DriverDeps, PolledSession } from "../../ports/driver.ts";
import type { OpenConnection } from "./connect.ts";
import type { DeviceMap, NamedAddress } from "./device-map.ts";
import { createGroupReads, type RefusedRow } from "./group-reads.ts";
import { READ_OVERHEAD, type S7Limits } from "./limits.ts";
import { createLink } from "./link.ts";
import type { S7Options } from "./options.ts";
import { createSingleRead } from "./single-read.ts";
import { createTurns } from "./turns.ts";

type Deps = Pick<DriverDeps, "clock" | "logger">;

/** A session over a connection that has just been opened. */
export function createSession(
  connection: OpenConnection,
  map: DeviceMap,
  options: S7Options,
  limits: S7Limits,
  { clock, logger }: Deps,
): PolledSession {
  const { device } = map;
  const { pduSize } = connection;
  limits.bound(pduSize - READ_OVERHEAD);
  const link = createLink(connection, { ...options, device }, limits, clock);
  // Rounds of one read must not mix with those of another.
  const turns = createTurns();
  const groups = map.groups.map((group) =>
    createGroupReads(
      group.map((tag) => at(map.tags, tag, "tag").address),
      Uint32Array.from(group),
      { ...options, pduSize },
      limits,
      () => clock.monotonicMs(),
    ),
  );
  const single = (target: NamedAddress) => createSingleRead(target, { device, pduSize }, limits);
  const sequences = map.waveforms.map((waveform) => single(waveform.sequence));
  const blocks = map.waveforms.map((waveform) => single(waveform.block));

  /** The tag of row `row` of group `group`, and why there is no value of it. */
  function told(group: number, { row, refusal }: RefusedRow): string {
    const tag = at(map.tags, at(map.groups, group, "group")[row] ?? -1, "tag");
    return `${tag.name} ${tag.text}: ${refusal.reason}`;
  }

  function report(group: number, news: readonly RefusedRow[]): void {
    if (news.length === 0) return;
    const addresses = news.slice(0, 10).map((one) => told(group, one));
    logger.warn({ device, count: news.length, addresses }, "the controller refuses addresses");
  }

  function diagnose(): Diagnosis | undefined {
    for (const [group, reads] of groups.entries()) {
      const trouble = reads.trouble();
      const code = trouble?.refusal.diagnosis;
      if (trouble !== undefined && code !== undefined) return { code, observed: told(group, trouble) };
    }
    return undefined;
  }

  return {
    readGroup: (group, signal) =>
      turns.take(async () => {
        const reads = at(groups, group, "group");
        report(group, await reads.read(link, signal));
        return reads.decode(clock.nowUs());
      }, signal),
    readSequence: (waveform, signal) =>
      turns.take(async () => {
        const read = at(sequences, waveform, "waveform");
        await read.read(link, signal);
        return read.sequence();
      }, signal),
    readBlock: (waveform, signal) =>
      turns.take(async () => {
        const read = at(blocks, waveform, "waveform");
        await read.read(link, signal);
        return read.block();
      }, signal),
    get diagnosis() {
      return diagnose();
    },
    get learnt() {
      return limits.learnt;
    },
    close: () => link.close(),
  };
}

/** A caller that names what the plan does not have is a bug, not an event of the plant. */
function at<T>(list: readonly T[], index: number, what: string): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`${what} ${index} of ${list.length}`);
  return item;
}
