import { codesysLength, decodeCodesysIdentity, encodeCodesysIdentity } from "../wire/codesys.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter } from "./note.ts";
import type { Probe } from "./probe.ts";

export const codesysProbe: Probe = {
  protocol: "codesys",
  transport: "tcp",
  // WAGO's; others use 1200.
  defaultPort: 2455,
  frames: [
    {
      protocol: "codesys",
      name: "identity",
      pattern: "bbbb0100000001",
      source: "digitalbond/Redpoint codesys-v2-discover.nse (little-endian), byte for byte",
    },
  ],
  async run(visit, signal) {
    await withLine(visit, "codesys", "tcp", signal, async (line) => {
      const question = {
        frame: encodeCodesysIdentity(),
        length: codesysLength,
        decode: decodeCodesysIdentity,
      };
      const answer = await ask(visit, "codesys", line, question, signal);
      if (answer === undefined) return;
      const note = createNoter(visit, "codesys", answer.bytes);
      const { os, osVersion, product } = answer.reply;
      note("os", os, `runs on "${os}"`);
      note("osVersion", osVersion, `version "${osVersion}"`);
      note("product", product, `product "${product}"`);
    });
  },
};
