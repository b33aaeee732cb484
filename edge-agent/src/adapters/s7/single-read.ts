import { decodeSamples, type PlannedItem, planReads } from "@stethos/protocol-finger/s7";
import { buildReadJob, type ReadJob } from "@stethos/protocol-finger/wire";
import { EdgeError } from "../../core/errors.ts";
import { rawColumns } from "../../core/reading.ts";
import { createRowDecoder } from "./decode.ts";
import type { NamedAddress } from "./device-map.ts";
import type { S7Limits } from "./limits.ts";
import type { S7Link } from "./link.ts";
import { refusalOf } from "./status.ts";

/** Something that is read alone: a waveform's block or its counter. */
export interface SingleRead {
  /** One call at a time.
   *  @throws EdgeError DATA_INVALID where the device refuses the address; as S7Link.run */
  read(link: S7Link, signal: AbortSignal): Promise<void>;
  /** What the last read brought, as a whole number that counts blocks.
   *  @throws EdgeError DATA_INVALID */
  sequence(): number;
  /** What the last read brought, as samples.
   *  @throws EdgeError DATA_INVALID */
  block(): Float32Array;
}

export function createSingleRead(
  target: NamedAddress,
  { device, pduSize }: { readonly device: string; readonly pduSize: number },
  limits: S7Limits,
): SingleRead {
  const { name, text, address } = target;
  const decode = createRowDecoder(address);
  const image = Buffer.alloc(address.byteLength);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  let maxReadBytes = 0;
  let jobs: readonly ReadJob<PlannedItem>[] = [];

  function prepare(): void {
    if (maxReadBytes === limits.maxReadBytes) return;
    maxReadBytes = limits.maxReadBytes;
    jobs = planReads([address], { pduSize, maxReadBytes, maxMergeGap: 0 }).jobs.map(buildReadJob);
  }

  async function read(link: S7Link, signal: AbortSignal): Promise<void> {
    prepare();
    const [refused] = await link.run(jobs, image, signal);
    if (refused === undefined) return;
    const { blames, reason, diagnosis } = refusalOf(refused.code);
    if (blames === "length" && limits.tooLong(refused.item.length)) return read(link, signal);
    throw new EdgeError("DATA_INVALID", `${device} refuses ${text} of ${name}: ${reason}`, { diagnosis });
  }

  return {
    read,
    sequence() {
      const out = rawColumns(1, 0);
      decode(view, 0, out, 0);
      const value = out.value[0] ?? Number.NaN;
      if (Number.isInteger(value)) return value;
      const what = `${device}: ${text} of ${name} holds no whole number that counts blocks`;
      throw new EdgeError("DATA_INVALID", what);
    },
    block() {
      const samples = decodeSamples(view, address.type, address.elementBytes, address.count);
      const broken = samples.findIndex((sample) => !Number.isFinite(sample));
      if (broken === -1) return samples;
      throw new EdgeError("DATA_INVALID", `${device}: sample ${broken} of ${text} of ${name} is no number`);
    },
  };
}
