import {
  decodePcworxHello,
  decodePcworxIdentity,
  encodePcworxHello,
  encodePcworxIdentity,
  encodePcworxSession,
  pcworxLength,
} from "../wire/pcworx.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter } from "./note.ts";
import type { FrameRule, Probe, ProbeLine, Visit } from "./probe.ts";

const source = "nmap pcworx-info.nse, byte for byte";

const FRAMES: readonly FrameRule[] = [
  {
    protocol: "pcworx",
    name: "hello",
    pattern: "0101001a0000000078800003000c494245544830314e305f4d00",
    source,
  },
  {
    protocol: "pcworx",
    name: "open session",
    pattern: "0105001600010000788000??00000006000402950000",
    source,
  },
  { protocol: "pcworx", name: "device information", pattern: "0106000e00020000000000??0400", source },
];

export const pcworxProbe: Probe = {
  protocol: "pcworx",
  transport: "tcp",
  defaultPort: 1962,
  frames: FRAMES,
  async run(visit, signal) {
    await withLine(visit, "pcworx", "tcp", signal, (line) => examine(visit, line, signal));
  },
};

async function examine(visit: Visit, line: ProbeLine, signal: AbortSignal): Promise<void> {
  // Half of the three would leave the controller with a session and us with nothing.
  if (visit.left.frames < FRAMES.length) return;
  const hello = { frame: encodePcworxHello(), length: pcworxLength, decode: decodePcworxHello };
  const session = await ask(visit, "pcworx", line, hello, signal);
  if (session === undefined) return;
  const open = { frame: encodePcworxSession(session.reply), length: pcworxLength, decode: () => true };
  if ((await ask(visit, "pcworx", line, open, signal)) === undefined) return;
  const frame = encodePcworxIdentity(session.reply);
  const answer = await ask(
    visit,
    "pcworx",
    line,
    { frame, length: pcworxLength, decode: decodePcworxIdentity },
    signal,
  );
  if (answer === undefined) return;
  const note = createNoter(visit, "pcworx", answer.bytes);
  const { model, orderNumber, firmware, firmwareDate } = answer.reply;
  note("model", model, `controller "${model}"`);
  note("orderNumber", orderNumber, `order number "${orderNumber}"`);
  note("firmware", firmware, `firmware "${firmware}"`);
  note("firmwareDate", firmwareDate, `firmware of ${firmwareDate}`);
}
