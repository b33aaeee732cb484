import { answerLength, DisconnectError, joinAnswer } from "../wire/cotp.ts";
import { WireError } from "../wire/wire-error.ts";
import type { Answer, ProbeLine } from "./probe.ts";

/** What came of one request. */
export type Said =
  | { readonly kind: "packet"; readonly bytes: Buffer; readonly rttMs: number }
  | {
      readonly kind: "closed";
      readonly how: "fin" | "reset";
      readonly afterMs: number;
      readonly bytes: Buffer;
    }
  | { readonly kind: "silence"; readonly afterMs: number; readonly bytes: Buffer }
  | { readonly kind: "forbidden"; readonly bytes: Buffer };

/** One connection, with the requests numbered. */
export interface S7Talk {
  ask(packet: Buffer): Promise<Said>;
  /** Numbers for requests, from 1. */
  nextNumber(): number;
  /** Requests sent. */
  readonly asked: number;
  /** Round trips of all answers but the first, in milliseconds. */
  readonly latencies: readonly number[];
}

const NOTHING: Buffer = Buffer.alloc(0);

export function createS7Talk(line: ProbeLine, signal: AbortSignal): S7Talk {
  const latencies: number[] = [];
  let answers = 0;
  let number = 0;
  let asked = 0;
  return {
    async ask(packet) {
      asked += 1;
      const said = saidOf(await line.ask(packet, answerLength, signal));
      if (said.kind === "packet" && answers++ > 0) latencies.push(said.rttMs);
      return said;
    },
    nextNumber: () => ++number,
    get asked() {
      return asked;
    },
    latencies,
  };
}

function saidOf(answer: Answer): Said {
  switch (answer.kind) {
    case "bytes":
      return { kind: "packet", bytes: answer.bytes, rttMs: answer.rttMs };
    case "closed":
      return { kind: "closed", how: answer.by, afterMs: answer.afterMs, bytes: answer.partial };
    case "silence":
      return { kind: "silence", afterMs: answer.afterMs, bytes: answer.partial };
    case "forbidden":
      return { kind: "forbidden", bytes: NOTHING };
  }
}

/** The PDU in an answer; undefined where it is no whole data packet, which is a result like any other. */
export function pduOf(said: Said): Buffer | undefined {
  if (said.kind !== "packet") return undefined;
  try {
    return joinAnswer(said.bytes);
  } catch (thrown) {
    if (thrown instanceof WireError || thrown instanceof DisconnectError) return undefined;
    throw thrown;
  }
}
