import type { FeedMessage } from "@stethos/edge-agent/core";
import { change, heartbeat, snapshot } from "./dto-shapes.ts";
import { modelsNews } from "./model-shapes.ts";
import { Mismatch, type Notes, object, oneOf } from "./shape.ts";

export interface Decoded {
  /** Absent where the whole message was refused. */
  readonly message?: FeedMessage;
  /** What was refused, and where. */
  readonly notes: readonly string[];
}

const kindOf = object({ kind: oneOf("snapshot", "change", "models", "heartbeat") });
const shapes = { snapshot, change, models: modelsNews, heartbeat };

/** One message of the feed as it came from the socket. */
export function decode(data: unknown): Decoded {
  if (typeof data !== "string") return { notes: ["message: expected a text, got binary data"] };
  const notes: Notes = [];
  try {
    const value: unknown = JSON.parse(data);
    const { kind } = kindOf(value, "message", notes);
    return { message: shapes[kind](value, kind, notes), notes };
  } catch (error) {
    if (error instanceof SyntaxError) return { notes: [`message: no JSON (${error.message})`] };
    if (error instanceof Mismatch) return { notes: [...notes, error.message] };
    throw error;
  }
}
