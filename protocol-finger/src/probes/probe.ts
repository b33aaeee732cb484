import type { Fact, FactValue, ProtocolId } from "../fingerprint.ts";

/** What the TCP handshake tells without privileges (Linux TCP_INFO, read right after connect), or in full where the
 *  SYN-ACK was seen. */
export interface TcpFeatures {
  readonly connectMs: number;
  readonly mss?: number;
  /** Window of the SYN-ACK. */
  readonly window?: number;
  readonly hasTimestamps?: boolean;
  readonly hasSack?: boolean;
  readonly windowScale?: number;
  readonly ttl?: number;
  readonly dontFragment?: boolean;
  /** Order of the options, as p0f writes it: "M,N,W". */
  readonly options?: string;
}

export type ConnectResult =
  | { readonly kind: "open"; readonly line: ProbeLine; readonly tcp: TcpFeatures }
  /** Reset: the port is closed. */
  | { readonly kind: "closed"; readonly afterMs: number }
  /** No answer at all. */
  | { readonly kind: "filtered"; readonly afterMs: number }
  /** No route, name not found. */
  | { readonly kind: "unreachable"; readonly reason: string }
  /** The budget or the allow-list forbids another connection: nothing was sent. */
  | { readonly kind: "forbidden"; readonly reason: string };

export type Answer =
  | { readonly kind: "bytes"; readonly bytes: Buffer; readonly rttMs: number }
  /** Whatever came of an answer that did not become whole in time. */
  | { readonly kind: "silence"; readonly afterMs: number; readonly partial: Buffer }
  | {
      readonly kind: "closed";
      readonly by: "fin" | "reset";
      readonly afterMs: number;
      readonly partial: Buffer;
    }
  | { readonly kind: "forbidden"; readonly reason: string };

/** Tells the length of the whole answer from its first bytes; undefined while it cannot be told yet. A WireError it
 *  throws ends the wait: what came is then handed over as it is. */
export type AnswerLength = (bytes: Buffer) => number | undefined;

/** A connection (or UDP socket) to the device under examination. Every byte goes through the budget, the allow-list of
 *  frames and the log. Nothing here throws for what the device does. */
export interface ProbeLine {
  /** Send one frame and wait for one answer.
   *  @throws TypeError where no rule of FRAME_RULES allows the frame: that is a bug in a probe */
  ask(frame: Buffer, length: AnswerLength, signal: AbortSignal): Promise<Answer>;
  /** FIN, and wait for the other side's, half a second at most. */
  close(): Promise<void>;
}

/** One kind of frame that may be sent to a device. */
export interface FrameRule {
  readonly protocol: ProtocolId;
  readonly name: string;
  /** Hex with "??" for bytes that may vary; or, where lengths vary, a decoder that accepts read-only ones alone. */
  readonly pattern: string | ((frame: Buffer) => boolean);
  /** Why it is safe: who sends it to real devices all day. */
  readonly source: string;
}

/** The device under examination as a probe sees it. */
export interface Visit {
  readonly host: string;
  /** Port to use for a protocol: its own, or the one that the user gave. */
  portOf(protocol: ProtocolId): number;
  /** Facts noted so far, newest value of each key. */
  fact(key: string): FactValue | undefined;
  note(fact: Fact): void;
  /** Waits its turn (one connection at a time, spaced), then connects.  */
  connect(protocol: ProtocolId, signal: AbortSignal): Promise<ConnectResult>;
  /** A UDP socket, answers from any port of the device (HART-IP answers from another one). */
  datagram(protocol: ProtocolId, signal: AbortSignal): Promise<ConnectResult>;
  /** The user wants to know everything that the budget allows, not the device's identity alone. */
  readonly thorough?: boolean;
  /** What may still be spent. */
  readonly left: { readonly connections: number; readonly frames: number };
}

/** Asks one protocol's questions, gentlest first, and notes facts: "<protocol>.speaks" is true as soon as an answer
 *  proves the protocol. It leaves every line closed. */
export interface Probe {
  readonly protocol: ProtocolId;
  readonly transport: "tcp" | "udp";
  readonly defaultPort: number;
  readonly frames: readonly FrameRule[];
  run(visit: Visit, signal: AbortSignal): Promise<void>;
}
