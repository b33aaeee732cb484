import { found, type Responder } from "./scripted-answer.ts";
import type { PointNews, ScriptedTwin } from "./scripted-twin.ts";

interface Recorded {
  readonly ms: number;
  readonly bytes: Uint8Array;
  readonly isKeyframe: boolean;
  readonly hash: number;
}

/** What the scripted agent recorded: a test writes it, the page fetches it. */
export interface ScriptedReplay {
  /** Sends news to the live feed and records it, with the hash of the states after it. */
  record(ms: number, news: readonly PointNews[]): void;
  keyframe(ms: number): void;
  /** Of the states as they stood at a moment. */
  hashAt(ms: number): number | undefined;
  readonly answer: Responder;
}

const withLength = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.byteLength);
  return Buffer.concat([length, bytes]);
};

export function createScriptedReplay(twin: ScriptedTwin): ScriptedReplay {
  const recorded: Recorded[] = [];
  const keep = (ms: number, bytes: Uint8Array, isKeyframe: boolean): void => {
    recorded.push({ ms, bytes, isKeyframe, hash: twin.hash });
  };

  /** From the last keyframe at or before a moment to the end of what was asked for. */
  function frames(from: number, to: number): Buffer {
    const first = recorded.findLastIndex(({ ms, isKeyframe }) => isKeyframe && ms <= from);
    const wanted = recorded.slice(Math.max(0, first)).filter(({ ms }) => ms <= to);
    return Buffer.concat(wanted.map(({ bytes }) => withLength(bytes)));
  }

  return {
    record: (ms, news) => keep(ms, twin.send(news, ms), false),
    keyframe: (ms) => keep(ms, twin.snapshot(ms), true),
    hashAt: (at) => recorded.findLast(({ ms }) => ms <= at)?.hash,
    answer({ path: [kind, what], url }) {
      if (kind !== "replay") return undefined;
      if (what === "frames") {
        const time = (name: string): number => Date.parse(url.searchParams.get(name) ?? "");
        return {
          status: 200,
          body: frames(time("from"), time("to")),
          headers: { "content-type": "application/octet-stream" },
        };
      }
      const [first, last] = [recorded[0], recorded.at(-1)];
      if (first === undefined || last === undefined) return found({ spans: [] });
      const fromTime = new Date(first.ms).toISOString();
      const toTime = new Date(last.ms).toISOString();
      return found({ fromTime, toTime, spans: [{ fromTime, toTime, layoutHash: twin.expanded.hash }] });
    },
  };
}
