import { type BacnetProperty, decodeReadProperty, encodeReadProperty } from "../wire/bacnet.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter, wholeDatagram } from "./note.ts";
import type { FrameRule, Probe, ProbeLine, Visit } from "./probe.ts";

// The gentlest first; what is asked for is in nmap's bacnet-info.nse as well.
const PROPERTIES: readonly BacnetProperty[] = ["vendor", "model", "firmware", "application"];

const FRAMES: readonly FrameRule[] = PROPERTIES.map((property) => ({
  protocol: "bacnet",
  name: `ReadProperty ${property} of the device object`,
  pattern: encodeReadProperty(property).toString("hex"),
  source: "ASHRAE 135, 15.5, unicast; ITI/ICS-Security-Tools bacnet_test.pcap",
}));

export const bacnetProbe: Probe = {
  protocol: "bacnet",
  transport: "udp",
  defaultPort: 47808,
  frames: FRAMES,
  async run(visit, signal) {
    await withLine(visit, "bacnet", "udp", signal, async (line) => {
      for (const property of PROPERTIES) {
        if (!(await askProperty(visit, line, property, signal))) return;
      }
    });
  },
};

/** @returns false where it makes no sense to ask on */
async function askProperty(
  visit: Visit,
  line: ProbeLine,
  property: BacnetProperty,
  signal: AbortSignal,
): Promise<boolean> {
  const question = {
    frame: encodeReadProperty(property),
    length: wholeDatagram,
    decode: decodeReadProperty,
  };
  const answer = await ask(visit, "bacnet", line, question, signal);
  if (answer === undefined) return false;
  const note = createNoter(visit, "bacnet", answer.bytes);
  const { reply } = answer;
  if (reply.kind === "value") note(property, reply.value, `${property} "${reply.value}"`);
  else note(`${property}Refused`, reply.reason, `${property}: ${reply.reason}`);
  return true;
}
