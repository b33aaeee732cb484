import type { Fact, FactValue, ProtocolId } from "../../fingerprint.ts";
import { WireError } from "../../wire/wire-error.ts";
import type { Answer, AnswerLength, ConnectResult, Probe, ProbeLine, Visit } from "../probe.ts";

/** What a scripted device does with one frame; undefined is silence. */
export type Reaction = Buffer | "closed" | "reset" | undefined;

export interface Script {
  /** @param connection counts from 0, TCP and UDP together */
  react(frame: Buffer, connection: number): Reaction;
  /** Ports that are not open. */
  refuse?(protocol: ProtocolId, transport: "tcp" | "udp"): boolean;
  readonly facts?: Readonly<Record<string, FactValue>>;
  readonly frames?: number;
  readonly connections?: number;
}

export interface Played {
  readonly facts: Readonly<Record<string, FactValue>>;
  readonly noted: readonly Fact[];
  /** Hex of everything that was sent. */
  readonly sent: readonly string[];
  readonly connections: number;
  /** Lines that were left open. */
  readonly open: number;
}

const RTT_MS = 4;
const TIMEOUT_MS = 1000;

/** Runs a probe against a scripted device. Answers come byte by byte, so that each way to cut them is tried; a frame
 *  that no rule of the probe allows throws. */
export async function play(probe: Probe, script: Script): Promise<Played> {
  const noted: Fact[] = [];
  const sent: string[] = [];
  const known = new Map<string, FactValue>(Object.entries(script.facts ?? {}));
  const left = { frames: script.frames ?? 12, connections: script.connections ?? 4 };
  let connections = 0;
  let open = 0;

  function lineOf(connection: number, isDatagram: boolean): ProbeLine {
    return {
      async ask(frame, length) {
        if (!isAllowed(probe, frame)) throw new TypeError(`${frame.toString("hex")} is not allowed`);
        if (left.frames < 1) return { kind: "forbidden", reason: "the budget is spent" };
        left.frames -= 1;
        sent.push(frame.toString("hex"));
        const reaction = script.react(frame, connection);
        if (reaction === "closed" || reaction === "reset") return ended(reaction, Buffer.alloc(0));
        return deliver(reaction ?? Buffer.alloc(0), length, isDatagram);
      },
      async close() {
        open -= 1;
      },
    };
  }

  async function connect(protocol: ProtocolId, transport: "tcp" | "udp"): Promise<ConnectResult> {
    if (left.connections < 1) return { kind: "forbidden", reason: "the budget is spent" };
    left.connections -= 1;
    connections += 1;
    if (script.refuse?.(protocol, transport) === true) return { kind: "closed", afterMs: RTT_MS };
    open += 1;
    return { kind: "open", line: lineOf(connections - 1, transport === "udp"), tcp: { connectMs: RTT_MS } };
  }

  const visit: Visit = {
    host: "192.0.2.7",
    portOf: () => probe.defaultPort,
    fact: (key) => known.get(key),
    note(fact) {
      noted.push(fact);
      known.set(fact.key, fact.value);
    },
    connect: (protocol) => connect(protocol, "tcp"),
    datagram: (protocol) => connect(protocol, "udp"),
    left,
  };
  await probe.run(visit, new AbortController().signal);
  return { facts: Object.fromEntries(known), noted, sent, connections, open };
}

function ended(how: "closed" | "reset", partial: Buffer): Answer {
  return { kind: "closed", by: how === "closed" ? "fin" : "reset", afterMs: RTT_MS, partial };
}

function deliver(bytes: Buffer, length: AnswerLength, isDatagram: boolean): Answer {
  for (let count = isDatagram ? bytes.length : 1; count > 0 && count <= bytes.length; count += 1) {
    const came = bytes.subarray(0, count);
    try {
      const whole = length(came);
      if (whole !== undefined && whole <= count) return { kind: "bytes", bytes: came, rttMs: RTT_MS };
    } catch (thrown) {
      if (thrown instanceof WireError) return { kind: "bytes", bytes, rttMs: RTT_MS };
      throw thrown;
    }
  }
  return { kind: "silence", afterMs: TIMEOUT_MS, partial: bytes };
}

/** Whether a rule of the probe allows the frame. */
export function isAllowed(probe: Probe, frame: Buffer): boolean {
  return probe.frames.some(({ pattern }) =>
    typeof pattern === "function" ? pattern(frame) : fits(pattern, frame.toString("hex")),
  );
}

function fits(pattern: string, hex: string): boolean {
  return (
    pattern.length === hex.length &&
    [...hex].every((digit, at) => pattern[at] === "?" || pattern[at] === digit)
  );
}
