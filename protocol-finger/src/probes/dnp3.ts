import { decodeLinkStatus, dnp3Length, encodeRequestLinkStatus } from "../wire/dnp3.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter } from "./note.ts";
import type { Probe } from "./probe.ts";

export const dnp3Probe: Probe = {
  protocol: "dnp3",
  transport: "tcp",
  defaultPort: 20000,
  frames: [
    {
      protocol: "dnp3",
      name: "request link status",
      pattern: encodeRequestLinkStatus().toString("hex"),
      source:
        "IEEE 1815, link layer: masters keep links alive with it; once, to the self-address, and no sweep",
    },
  ],
  async run(visit, signal) {
    await withLine(visit, "dnp3", "tcp", signal, async (line) => {
      const question = { frame: encodeRequestLinkStatus(), length: dnp3Length, decode: decodeLinkStatus };
      const answer = await ask(visit, "dnp3", line, question, signal);
      if (answer === undefined) return;
      const note = createNoter(visit, "dnp3", answer.bytes);
      const { address, isSupported } = answer.reply;
      note("address", address, `outstation ${address}`);
      note("linkStatus", isSupported, `it ${isSupported ? "tells" : "does not tell"} its link status`);
    });
  },
};
