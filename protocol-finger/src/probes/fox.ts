import { decodeFoxHello, encodeFoxHello, type FoxHello, foxLength } from "../wire/fox.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter } from "./note.ts";
import type { Probe, Visit } from "./probe.ts";

/** Keys of the hello and the facts that they make. */
const FACTS = {
  "fox.version": "version",
  "app.name": "appName",
  "app.version": "appVersion",
  "vm.name": "vmName",
  "vm.version": "vmVersion",
  "os.name": "osName",
  "os.version": "osVersion",
  "station.name": "station",
  hostId: "hostId",
  brandId: "brand",
  fatal: "fatal",
} as const;

export const foxProbe: Probe = {
  protocol: "fox",
  transport: "tcp",
  defaultPort: 1911,
  frames: [
    {
      protocol: "fox",
      name: "hello",
      pattern: encodeFoxHello().toString("hex"),
      source: "nmap fox-info.nse; the workbench's own hello is longer (ITI/ICS-Security-Tools fox_info.pcap)",
    },
  ],
  async run(visit, signal) {
    await withLine(visit, "fox", "tcp", signal, async (line) => {
      const question = { frame: encodeFoxHello(), length: foxLength, decode: decodeFoxHello };
      const answer = await ask(visit, "fox", line, question, signal);
      if (answer === undefined) return;
      noteFox(visit, answer.reply, answer.bytes);
    });
  },
};

export function noteFox(visit: Visit, hello: FoxHello, bytes: Buffer): void {
  const note = createNoter(visit, "fox", bytes);
  for (const [key, name] of Object.entries(FACTS)) {
    const value = hello.get(key);
    note(name, value, `${key} "${value}"`);
  }
}
