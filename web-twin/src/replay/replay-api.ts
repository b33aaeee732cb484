import { decodeTwin, type TwinDelta, type TwinSnapshot } from "@stethos/edge-agent/core";
import { type Ask, parsed } from "../stream/ask.ts";
import { count, list, Mismatch, object, type Shape, time } from "../stream/shape.ts";

/** A stretch of time that was recorded without a gap, of one layout. */
export interface ReplaySpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly layoutHash: number;
}

export interface FramesRequest {
  readonly fromMs: number;
  readonly toMs: number;
  /** Changes of so long are merged. */
  readonly stepMs: number;
}

/** A snapshot, then what changed, in the order of time. */
export interface ReplayFrames {
  readonly messages: readonly (TwinDelta | TwinSnapshot)[];
  /** The agent ends an answer that grows too large: all is told up to here. */
  readonly toMs: number;
}

export interface ReplayApi {
  spans(signal: AbortSignal): Promise<readonly ReplaySpan[]>;
  frames(request: FramesRequest, signal: AbortSignal): Promise<ReplayFrames>;
}

const LENGTH_BYTES = 4;
/** The agent ends an answer at 50 MB. */
const CUT_BYTES = 40 * 1024 * 1024;

const spansShape = object({
  spans: list(object({ fromTime: time, toTime: time, layoutHash: count })),
});

const spans: Shape<readonly ReplaySpan[]> = (value, at, notes) =>
  spansShape(value, at, notes).spans.map(({ fromTime, toTime, layoutHash }) => ({
    fromMs: Date.parse(fromTime),
    toMs: Date.parse(toTime),
    layoutHash,
  }));

/** Messages, each after its length in four bytes. */
export function splitFrames(bytes: ArrayBuffer): readonly (TwinDelta | TwinSnapshot)[] {
  const view = new DataView(bytes);
  const messages: (TwinDelta | TwinSnapshot)[] = [];
  let at = 0;
  while (at < bytes.byteLength) {
    const begin = at + LENGTH_BYTES;
    const end = begin > bytes.byteLength ? Number.POSITIVE_INFINITY : begin + view.getUint32(at, true);
    if (end > bytes.byteLength) throw new Mismatch(`byte ${at}`, "a whole message");
    try {
      // A message of its own buffer, so that its columns are aligned.
      const message = decodeTwin(bytes.slice(begin, end));
      if (message.kind === "snapshot" || message.kind === "delta") messages.push(message);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new Mismatch(`byte ${at}`, `a message of the twin (${error.message})`);
    }
    at = end;
  }
  return messages;
}

export function createReplayApi(ask: Ask): ReplayApi {
  return {
    spans: (signal) => ask("v1/replay", {}, parsed(spans), signal),
    frames({ fromMs, toMs, stepMs }, signal) {
      const query = new URLSearchParams({
        from: new Date(fromMs).toISOString(),
        to: new Date(toMs).toISOString(),
        stepMs: String(stepMs),
      });
      const read = async (response: Response): Promise<ReplayFrames> => {
        const bytes = await response.arrayBuffer();
        const messages = splitFrames(bytes);
        const isCut = bytes.byteLength > CUT_BYTES;
        return { messages, toMs: isCut ? (messages.at(-1)?.timeMs ?? toMs) : toMs };
      };
      return ask(`v1/replay/frames?${query}`, {}, read, signal);
    },
  };
}
