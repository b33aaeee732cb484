import { expect, it } from "vitest";
import { FingerError } from "../finger-error.ts";
import type { TunnelEvent } from "../tunnel/events.ts";
import { eventText } from "./tunnel-text.ts";

const cause = new Error("connect ECONNREFUSED");
const error = new FingerError("PLC_UNREACHABLE", "10.0.0.5:502 refuses the connection", { cause });
const events: readonly { readonly event: TunnelEvent; readonly text: string }[] = [
  {
    event: { kind: "guest-came", guest: 1, from: "10.0.0.9:40000" },
    text: "client 1 (10.0.0.9:40000) has come",
  },
  {
    event: { kind: "guest-left", guest: 1, from: "10.0.0.9:40000", reason: "it left" },
    text: "client 1 (10.0.0.9:40000) has gone: it left",
  },
  {
    event: { kind: "guest-refused", from: "10.0.0.9:40000" },
    text: "10.0.0.9:40000 was turned away: there are as many clients as the tunnel takes",
  },
  {
    event: { kind: "accept-failed", reason: "accept EMFILE" },
    text: "a client could not be let in: accept EMFILE",
  },
  { event: { kind: "plc-up" }, text: "connected to the PLC" },
  {
    event: { kind: "plc-down", error, retryMs: 4000 },
    text: "no PLC: 10.0.0.5:502 refuses the connection (connect ECONNREFUSED); next attempt in 4 s",
  },
  { event: { kind: "written", guest: 1, what: "DB1,INT4" }, text: "client 1 wrote DB1,INT4" },
  {
    event: { kind: "write-failed", guest: 1, what: "DB1,INT4" },
    text: "client 1 may write DB1,INT4, and the PLC did not take it",
  },
  {
    event: { kind: "write-refused", guest: 1, what: "DB1,INT4" },
    text: "client 1 may not write DB1,INT4; the PLC has not seen it",
  },
];

it.each(events)("tells of $event.kind", ({ event, text }) => {
  expect(eventText(event)).toBe(text);
});
