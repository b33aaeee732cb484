import { decodeAdsDiscovery, encodeAdsDiscovery } from "../wire/ads.ts";
import { ask, withLine } from "./exchange.ts";
import { createNoter, wholeDatagram } from "./note.ts";
import type { Probe } from "./probe.ts";

export const adsProbe: Probe = {
  protocol: "ads",
  transport: "udp",
  // The port of the search; 48898 is that of the data (Beckhoff, "Network communication of TwinCAT").
  defaultPort: 48899,
  frames: [
    {
      protocol: "ads",
      name: "discovery",
      pattern: encodeAdsDiscovery().toString("hex"),
      source:
        "apache/plc4x ads-discovery.mspec and plc4go Discoverer.go; what TwinCAT's own search broadcasts",
    },
  ],
  async run(visit, signal) {
    await withLine(visit, "ads", "udp", signal, async (line) => {
      const question = { frame: encodeAdsDiscovery(), length: wholeDatagram, decode: decodeAdsDiscovery };
      const answer = await ask(visit, "ads", line, question, signal);
      if (answer === undefined) return;
      const note = createNoter(visit, "ads", answer.bytes);
      const { netId, host, twincat, os } = answer.reply;
      note("netId", netId, `AMS net id ${netId}`);
      note("host", host, `host "${host}"`);
      note("twincat", twincat, `TwinCAT ${twincat}`);
      note("os", os, `runs on ${os}`);
    });
  },
};
