import { networkInterfaces } from "node:os";
import type { Fact, FactValue } from "./fingerprint.ts";
import type { TcpFeatures } from "./probes/probe.ts";

/** Where the features of a handshake come from. */
export type TcpView = "loopback" | "syn-ack" | "ss" | "none";

/** What the handshake showed, as facts.
 *  @param view says which evidence there is, and so which is missing */
export function tcpFacts(tcp: TcpFeatures, view: TcpView): readonly Fact[] {
  const { connectMs, ...stack } = tcp;
  const facts = [
    fact("tcp.connectMs", Math.round(connectMs * 100) / 100, `connected in ${connectMs.toFixed(1)} ms`),
    fact("tcp.view", view, VIEWS[view]),
  ];
  // The handshake with oneself says nothing of the device that is played here.
  if (view === "loopback") return facts;
  for (const [name, words] of Object.entries(WORDS) as [
    keyof typeof WORDS,
    (typeof WORDS)[keyof typeof WORDS],
  ][]) {
    const value = stack[name];
    if (value !== undefined) facts.push(fact(words.key, value, words.observed(value)));
  }
  return facts;
}

const VIEWS: Readonly<Record<TcpView, string>> = {
  loopback: "the address is this machine's own: the handshake is its own too and proves nothing",
  "syn-ack": "the SYN-ACK was seen in full",
  ss: "the handshake was seen through the kernel's eyes (ss): no TTL, no order of options",
  none: "the handshake was not seen: iproute2's ss is missing, and listening to the link is not allowed",
};

interface Word {
  readonly key: string;
  observed(value: FactValue): string;
}

const hasOrNot = (what: string) => (value: FactValue) =>
  `${value === true ? "" : "no "}${what} in the SYN-ACK`;

const WORDS: Readonly<Record<Exclude<keyof TcpFeatures, "connectMs">, Word>> = {
  window: { key: "tcp.window", observed: (value) => `TCP window ${value} in the SYN-ACK` },
  mss: { key: "tcp.mss", observed: (value) => `segments of at most ${value} bytes (MSS)` },
  hasTimestamps: { key: "tcp.timestamps", observed: hasOrNot("timestamps") },
  hasSack: { key: "tcp.sack", observed: hasOrNot("selective acknowledgement") },
  windowScale: { key: "tcp.windowScale", observed: (value) => `window scale ${value}` },
  ttl: { key: "tcp.ttl", observed: (value) => `TTL ${value}` },
  dontFragment: {
    key: "tcp.df",
    observed: (value) => `"don't fragment" is ${value === true ? "set" : "not set"}`,
  },
  options: { key: "tcp.options", observed: (value) => `TCP options in the order ${value}` },
};

/** Features that a host has on all its ports. */
const OF_THE_HOST = ["hasTimestamps", "hasSack", "mss", "ttl"] as const;

/** Whether another stack answers on this port than on one tried before: then a router forwards ports to several hosts. */
export function mixedStackFacts(
  port: number,
  tcp: TcpFeatures,
  earlier: readonly { readonly port: number; readonly tcp: TcpFeatures }[],
): readonly Fact[] {
  const differs = (one: unknown, other: unknown) => one !== undefined && other !== undefined && one !== other;
  const other = earlier.find((one) => OF_THE_HOST.some((feature) => differs(tcp[feature], one.tcp[feature])));
  if (other === undefined) return [];
  return [
    fact("tcp.mixedStacks", true, `ports ${other.port} and ${port} are answered by different TCP stacks`),
  ];
}

function fact(key: string, value: FactValue, observed: string): Fact {
  return { probe: "tcp", key, value, observed, bytes: "" };
}

/** Whether the address is one of this machine. */
export function isOwnAddress(address: string): boolean {
  if (/^127\./.test(address) || address === "::1") return true;
  return Object.values(networkInterfaces()).some((all) => all?.some((one) => one.address === address));
}
