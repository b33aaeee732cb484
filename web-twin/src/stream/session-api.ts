import { ROLES } from "@stethos/edge-agent/core";
import type { Session } from "../state/store.ts";
import { type Ask, parsed } from "./ask.ts";
import { flag, object, oneOf, optional, type Shape, text } from "./shape.ts";

const session: Shape<Session> = object({ role: oneOf(...ROLES), name: optional(text), isProtected: flag });

/** Who sits here, by the agent's word. */
export const askSession = (ask: Ask, signal: AbortSignal): Promise<Session> =>
  ask("v1/session", {}, parsed(session), signal);
