import type { Fact, ProtocolId } from "../fingerprint.ts";
import { firstLine } from "./note.ts";

/** How a port behaved as a TCP peer, whatever the protocol made of it. It makes the facts that tell middle boxes and
 *  decoys from controllers. */
export interface PortManners {
  opened(): void;
  received(bytes: Buffer): void;
  answered(): void;
  unanswered(partial: Buffer): void;
  flooded(): void;
  ended(by: "fin" | "reset"): void;
  facts(): readonly Fact[];
}

/** mute: takes what it is sent and never says a word; dribbles: sends so little that no answer becomes whole. */
type Behaviour =
  | "answers"
  | "mute"
  | "dribbles"
  | "floods"
  | "hangs-up"
  | "resets"
  | "text"
  | "http"
  | "idle";

const SHOWN_BYTES = 64;

export function createPortManners(protocol: ProtocolId, port: number): PortManners {
  let isOpen = false;
  let first: Buffer = Buffer.alloc(0);
  let isAnswering = false;
  let unanswered = 0;
  let dribbled = 0;
  let isFlooded = false;
  let endedBy: "fin" | "reset" | undefined;

  function behaviour(): Behaviour {
    if (isFlooded) return "floods";
    if (first.length > 0) return firstLine(first) === undefined ? answering() : wordy(first);
    if (endedBy !== undefined) return endedBy === "reset" ? "resets" : "hangs-up";
    return unanswered > 0 ? "mute" : "idle";
  }

  const answering = () => (dribbled > 0 && !isAnswering ? "dribbles" : "answers");

  return {
    opened() {
      isOpen = true;
    },
    received(chunk) {
      if (first.length < SHOWN_BYTES) {
        first = Buffer.concat([first, chunk.subarray(0, SHOWN_BYTES - first.length)]);
      }
    },
    answered() {
      isAnswering = true;
    },
    unanswered(partial) {
      unanswered += 1;
      if (partial.length > 0 && partial.length <= DRIBBLE_BYTES) dribbled += 1;
    },
    flooded() {
      isFlooded = true;
    },
    ended(by) {
      // A peer that has answered may hang up; one that never has shows its manners by it.
      if (first.length === 0) endedBy = by;
    },
    facts() {
      if (!isOpen) return [];
      const what = behaviour();
      const hex = first.toString("hex");
      const text = firstLine(first);
      return [
        fact(`tcp.${protocol}.behaviour`, what, `port ${port} ${WORDS[what]}`, hex),
        ...(text === undefined
          ? []
          : [fact(`tcp.${protocol}.text`, text, `port ${port} says "${text}"`, hex)]),
      ];
    },
  };
}

const wordy = (bytes: Buffer) =>
  /^\s*(HTTP\/\d|<!doctype|<html)/i.test(bytes.toString("latin1")) ? "http" : "text";

/** The length of an answer stands in its first few bytes, which one segment carries: as little as this after all the
 *  time that an answer may take is no beginning of one. */
const DRIBBLE_BYTES = 8;

const WORDS: Readonly<Record<Behaviour, string>> = {
  answers: "answers",
  mute: "takes connections and requests and never answers",
  dribbles: "sends a byte now and then and never a whole answer",
  floods: "sends without end",
  "hangs-up": "ends the connection after the first request",
  resets: "resets the connection after the first request",
  text: "answers with text",
  http: "answers as a web server",
  idle: "was not asked anything",
};

function fact(key: string, value: string, observed: string, bytes: string): Fact {
  return { probe: "tcp", key, value, observed, bytes };
}
