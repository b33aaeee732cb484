import type { ProtocolId } from "../fingerprint.ts";

/** Bytes that went over the wire: for the log that the owner of a plant may ask for. */
export interface ByteEntry {
  /** Microseconds since 1970. */
  readonly atUs: number;
  /** The address spoken to. */
  readonly host: string;
  readonly port: number;
  readonly protocol: ProtocolId;
  readonly direction: "sent" | "received";
  readonly bytes: Buffer;
  /** Name of the rule that allowed what was sent. */
  readonly rule?: string;
}
