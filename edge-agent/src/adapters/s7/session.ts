import { EdgeError } from "../../core/errors.ts";
import { rawColumns } from "../../core/reading.ts";
import type { DriverDeps, PolledSession } from "../../ports/driver.ts";
import type { OpenConnection } from "./connect.ts";
import { createRowDecoder } from "./decode.ts";
import { decodeSamples } from "./decode-samples.ts";
import type { DeviceMap, NamedAddress } from "./device-map.ts";
import { createGroupReads, type NewRefusal } from "./group-reads.ts";
import { createLink } from "./link.ts";
import type { S7Options } from "./options.ts";
import { planReads } from "./read-plan.ts";
import { buildJob, type ReadJob } from "./request.ts";
import { createTurns } from "./turns.ts";

type Deps = Pick<DriverDeps, "clock" | "logger">;

/** The requests of something that is read alone. */
interface SingleRead {
  readonly target: NamedAddress;
  readonly jobs: readonly ReadJob[];
  readonly view: DataView;
  readonly image: Buffer;
}

/** A session over a connection that has just been opened. */
export function createSession(
  connection: OpenConnection,
  map: DeviceMap,
  options: S7Options,
  { clock, logger }: Deps,
): PolledSession {
  const { device } = map;
  const link = createLink(connection, { ...options, device }, clock);
  const { pduSize } = connection;
  // Rounds of one read must not mix with those of another.
  const turns = createTurns();
  const groups = map.groups.map((group) =>
    createGroupReads(
      group.map((tag) => at(map.tags, tag, "tag").address),
      Uint32Array.from(group),
      { ...options, pduSize },
      () => clock.monotonicMs(),
    ),
  );
  const sequences = map.waveforms.map((waveform) => prepare(waveform.sequence, pduSize));
  const blocks = map.waveforms.map((waveform) => prepare(waveform.block, pduSize));

  function report(group: number, news: readonly NewRefusal[]): void {
    if (news.length === 0) return;
    const addresses = news.slice(0, 10).map(({ row, refusal }) => {
      const tag = at(map.tags, at(map.groups, group, "group")[row] ?? -1, "tag");
      return `${tag.name} ${tag.text}: ${refusal.reason}`;
    });
    logger.warn({ device, count: news.length, addresses }, "the controller refuses addresses");
  }

  /** @throws EdgeError DATA_INVALID where the device refuses the address */
  async function readSingle(read: SingleRead, signal: AbortSignal): Promise<void> {
    const [refused] = await link.run(read.jobs, read.image, signal);
    if (refused === undefined) return;
    const { name, text } = read.target;
    const reason = `${device} refuses ${text} of ${name}: ${refused.refusal.reason}`;
    throw new EdgeError("DATA_INVALID", reason);
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
        await readSingle(read, signal);
        return decodeSequence(read, device);
      }, signal),
    readBlock: (waveform, signal) =>
      turns.take(async () => {
        const read = at(blocks, waveform, "waveform");
        await readSingle(read, signal);
        return decodeBlock(read, device);
      }, signal),
    close: () => link.close(),
  };
}

function prepare(target: NamedAddress, pduSize: number): SingleRead {
  const plan = planReads([target.address], pduSize, 0);
  const image = Buffer.alloc(plan.imageBytes);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  return { target, jobs: plan.jobs.map(buildJob), image, view };
}

function decodeSequence(read: SingleRead, device: string): number {
  const out = rawColumns(1, 0);
  createRowDecoder(read.target.address)(read.view, 0, out, 0);
  const value = out.value[0] ?? Number.NaN;
  if (Number.isInteger(value)) return value;
  const { name, text } = read.target;
  throw new EdgeError(
    "DATA_INVALID",
    `${device}: ${text} of ${name} holds no whole number that counts blocks`,
  );
}

function decodeBlock(read: SingleRead, device: string): Float32Array {
  const { name, text, address } = read.target;
  const samples = decodeSamples(read.view, address.type, address.elementBytes, address.count);
  const broken = samples.findIndex((sample) => !Number.isFinite(sample));
  if (broken === -1) return samples;
  throw new EdgeError("DATA_INVALID", `${device}: sample ${broken} of ${text} of ${name} is no number`);
}

/** A caller that names what the plan does not have is a bug, not an event of the plant. */
function at<T>(list: readonly T[], index: number, what: string): T {
  const item = list[index];
  if (item === undefined) throw new RangeError(`${what} ${index} of ${list.length}`);
  return item;
}
