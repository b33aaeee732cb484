import type { ProtocolId } from "../../fingerprint.ts";
import type { Visit } from "../../probes/probe.ts";
import type { Direction } from "../flows.ts";

/** One client and one server, overheard. Frames are valid until these return; a WireError skips the frame. */
export interface Conversation {
  /** Absent where what clients say tells nothing of the server. */
  toServer?(frame: Buffer): void;
  toClient(frame: Buffer): void;
}

/** Understands one protocol when others speak it, and notes the facts that a probe of its own would have noted. */
export interface Ear {
  readonly protocol: ProtocolId;
  readonly transport: "tcp" | "udp";
  /** Where servers listen. */
  readonly ports: readonly number[];
  /** Bytes of the frame that `bytes` begin with; undefined while that cannot be told. Absent for UDP, where each
   *  datagram is a frame.
   *  @throws WireError where they begin with no frame */
  readonly frameLength?: (bytes: Buffer) => number | undefined;
  /** Whether a conversation on another port, which begins with `bytes`, is in this protocol beyond doubt. */
  readonly recognises?: (bytes: Buffer, direction: Direction) => boolean;
  /** @param visit of the server; nothing can be sent through it */
  open(visit: Visit): Conversation;
}
