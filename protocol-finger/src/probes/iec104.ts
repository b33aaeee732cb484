import { decodeTestConfirmation, encodeTestFrame, iec104Length } from "../wire/iec104.ts";
import { ask, withLine } from "./exchange.ts";
import type { Probe } from "./probe.ts";

export const iec104Probe: Probe = {
  protocol: "iec104",
  transport: "tcp",
  defaultPort: 2404,
  frames: [
    {
      protocol: "iec104",
      name: "TESTFR act",
      pattern: "680443000000",
      source: "IEC 60870-5-104, 5.2: both sides send it whenever the line is quiet; no transfer is started",
    },
  ],
  async run(visit, signal) {
    await withLine(visit, "iec104", "tcp", signal, async (line) => {
      const question = { frame: encodeTestFrame(), length: iec104Length, decode: decodeTestConfirmation };
      await ask(visit, "iec104", line, question, signal);
    });
  },
};
