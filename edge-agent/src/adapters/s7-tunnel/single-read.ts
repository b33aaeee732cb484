import { createS7Decoder, decodeSamples } from "@stethos/protocol-finger/s7";
import { type Barriers, createTunnelReads, type ModbusClient } from "@stethos/protocol-finger/tunnel";
import { EdgeError } from "../../core/errors.ts";
import type { NamedAddress } from "./device-map.ts";
import { fieldOf } from "./fields.ts";
import type { S7TunnelOptions } from "./options.ts";

/** Something that is read alone: a waveform's block or its counter. */
export interface SingleRead {
  /** One call at a time.
   *  @throws EdgeError DATA_INVALID where the device refuses the address; FingerError; the signal's reason */
  read(client: ModbusClient, signal: AbortSignal): Promise<void>;
  /** What the last read brought, as a whole number that counts blocks.
   *  @throws EdgeError DATA_INVALID */
  sequence(): number;
  /** What the last read brought, as samples.
   *  @throws EdgeError DATA_INVALID */
  block(): Float32Array;
}

export function createSingleRead(
  device: string,
  { name, text, address, row }: NamedAddress,
  { wordOrder }: S7TunnelOptions,
  barriers: Barriers,
): SingleRead {
  const reads = createTunnelReads([row], 0, barriers);
  const field = fieldOf(reads, 0, address, wordOrder);
  const decode = createS7Decoder(address);
  return {
    async read(client, signal) {
      const error = (await reads.read(client, new Set(), signal)).get(0);
      if (error === undefined) {
        field.refresh();
        return;
      }
      const what = `${device} gives no ${text} of ${name}: ${error.message}`;
      throw new EdgeError("DATA_INVALID", what, { cause: error, diagnosis: error.diagnosis });
    },
    sequence() {
      const value = decode(field.view, field.at);
      if (typeof value === "number" && Number.isInteger(value)) return value;
      const what = `${device}: ${text} of ${name} holds no whole number that counts blocks`;
      throw new EdgeError("DATA_INVALID", what);
    },
    block() {
      const samples = decodeSamples(field.view, address.type, address.elementBytes, address.count);
      const broken = samples.findIndex((sample) => !Number.isFinite(sample));
      if (broken === -1) return samples;
      throw new EdgeError("DATA_INVALID", `${device}: sample ${broken} of ${text} of ${name} is no number`);
    },
  };
}
