import { decodeProconosIdentity, encodeProconosIdentity, proconosLength } from "../wire/proconos.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter } from "./note.ts";
import type { Probe } from "./probe.ts";

export const proconosProbe: Probe = {
  protocol: "proconos",
  transport: "tcp",
  defaultPort: 20547,
  frames: [
    {
      protocol: "proconos",
      name: "identity",
      pattern: "cc01000b4002000047ee",
      source: "digitalbond/Redpoint proconos-info.nse, byte for byte",
    },
  ],
  async run(visit, signal) {
    await withLine(visit, "proconos", "tcp", signal, async (line) => {
      const question = {
        frame: encodeProconosIdentity(),
        length: proconosLength,
        decode: decodeProconosIdentity,
      };
      const answer = await ask(visit, "proconos", line, question, signal);
      if (answer === undefined) return;
      const note = createNoter(visit, "proconos", answer.bytes);
      const { runtime, type, project } = answer.reply;
      note("runtime", runtime, `runtime "${runtime}"`);
      note("type", type, `controller "${type}"`);
      note("project", project, `project "${project}"`);
    });
  },
};
