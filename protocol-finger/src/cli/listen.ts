import { createReadStream } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { createSystemClock } from "../clock/system-clock.ts";
import { FingerError } from "../finger-error.ts";
import type { Fingerprint } from "../fingerprint.ts";
import { counted, nameOf, percent, protocolsText } from "../fingerprint-text.ts";
import { neighbourFacts } from "../neighbour.ts";
import { createHostRecord } from "../passive/host-record.ts";
import { readNeighbourTable } from "../passive/neighbour-table.ts";
import { type Overheard, overhear } from "../passive/overhear.ts";
import { overheardFingerprint } from "../passive/overheard-fingerprint.ts";
import { listenWithTcpdump } from "../passive/tcpdump.ts";
import { loadSignatures } from "../signatures/load.ts";
import type { SignatureSet } from "../signatures/signature.ts";
import { columns } from "../terminal/columns.ts";
import { put, putJson, say, untilStopped } from "../terminal/streams.ts";
import { type AddCommand, type CliContext, EXIT } from "./io.ts";
import { countUpTo, gathered } from "./option-values.ts";

interface Options {
  readonly interface?: string;
  readonly pcap?: string;
  readonly neighbours?: true;
  readonly seconds?: number;
  readonly signatures?: readonly string[];
  readonly json?: true;
}

const DAY_SECONDS = 86_400;

export const listenCommand: AddCommand = (program, context) => {
  program
    .command("listen")
    .description("name devices by what they say to others, or by the neighbour table; nothing is sent")
    .option("--interface <name>", "listen on a link with tcpdump, until Ctrl-C")
    .option("--pcap <file>", 'read a capture, pcap or pcapng; "-" is standard input')
    .option("--neighbours", "read this machine's neighbour tables")
    .option("--seconds <seconds>", "stop listening after so long", countUpTo(DAY_SECONDS))
    .option("--signatures <folder>", "signatures of your own as well; again for another", gathered)
    .option("--json", "one fingerprint a line as JSON")
    .addHelpText("after", HELP)
    .action(async (options: Options) => {
      const signatures = await loadSignatures(options.signatures ?? []);
      const found = await hear(options, signatures, context);
      show(found, options, context);
    });
};

const HELP = `
On a switch a computer hears only what is said to it: mirror the PLCs' port, or record there.

Examples:
  protocol-finger listen --interface eth0 --seconds 60
  protocol-finger listen --pcap plant.pcapng --json | jq -r '[.host, .orderNumber, .firmware] | @tsv'
  ssh gateway tcpdump -U -w - | protocol-finger listen --pcap -`;

async function hear(
  options: Options,
  signatures: SignatureSet,
  context: CliContext,
): Promise<readonly Fingerprint[]> {
  const { interface: link, pcap, neighbours } = options;
  const sources = [link, pcap, neighbours].filter((source) => source !== undefined);
  if (sources.length !== 1) {
    throw new FingerError("OPTION_INVALID", "name one of --interface, --pcap and --neighbours");
  }
  const stop = untilStopped(context);
  const limit = createSystemClock().deadline((options.seconds ?? DAY_SECONDS) * 1000, stop.signal);
  try {
    if (neighbours) return await readNeighbours(signatures, limit.signal);
    const announcer = createAnnouncer(context);
    try {
      const heard = await overhear(sourceOf(options, context, limit.signal), signatures, announcer.start);
      tellCounts(heard, options, context);
      return heard.devices;
    } finally {
      announcer.stop();
    }
  } finally {
    limit.dispose();
    stop.dispose();
  }
}

function sourceOf(
  { interface: link, pcap }: Options,
  context: CliContext,
  signal: AbortSignal,
): AsyncIterable<Buffer> {
  if (link !== undefined) return listenWithTcpdump({ interface: link }, signal);
  const isPiped = pcap === undefined || pcap === "-";
  return bytesOf(isPiped ? context.stdin : createReadStream(pcap), isPiped ? "standard input" : pcap, signal);
}

/** Ends when `signal` aborts, however much more would come. */
async function* bytesOf(source: Readable, name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of addAbortSignal(signal, source)) yield chunk as Buffer;
  } catch (cause) {
    if (!signal.aborted) throw new FingerError("CAPTURE_UNREADABLE", `${name} cannot be read`, { cause });
  }
}

async function readNeighbours(signatures: SignatureSet, signal: AbortSignal): Promise<Fingerprint[]> {
  const nowUs = createSystemClock().nowUs();
  return (await readNeighbourTable(signal)).map(({ host, mac }) => {
    const record = createHostRecord(host);
    record.heard(nowUs, mac);
    for (const fact of neighbourFacts(mac)) record.note(fact);
    return overheardFingerprint(record, signatures);
  });
}

const ANNOUNCE_MS = 2000;

/** While it listens: says who has got a name, or a better one. */
function createAnnouncer(context: CliContext): {
  start(devices: () => readonly Fingerprint[]): void;
  stop(): void;
} {
  const known = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  return {
    start(devices) {
      timer = setInterval(() => {
        for (const device of devices()) {
          const name = nameOf(device);
          if (name === nameOf({}) || known.get(device.host) === name) continue;
          known.set(device.host, name);
          say(context, `${device.host}: ${name}`);
        }
      }, ANNOUNCE_MS);
    },
    stop: () => clearInterval(timer),
  };
}

function tellCounts({ counts, isWhole }: Overheard, { interface: link }: Options, context: CliContext): void {
  const { packets, frames, gaps, damaged, malformed, dropped, forgotten } = counts;
  say(context, `${counted(packets, "packet")}, ${counted(frames, "message")} understood`);
  const troubles = [
    [gaps, "holes in connections"],
    [damaged, "damaged packets"],
    [malformed, "malformed messages"],
    [dropped + forgotten, "hosts or connections not kept, for there were too many"],
  ] as const;
  for (const [count, what] of troubles) if (count > 0) say(context, `${count} ${what}`);
  // tcpdump that is stopped may leave half a packet.
  if (!isWhole && link === undefined) say(context, "the capture was cut off in its last packet");
}

function show(found: readonly Fingerprint[], { json }: Options, context: CliContext): void {
  if (json) for (const fingerprint of found) putJson(context, fingerprint);
  else if (found.length > 0) {
    const rows = found.map((one) => [
      one.host,
      one.mac ?? "",
      nameOf(one),
      percent(one.confidence),
      protocolsText(one),
    ]);
    put(context, columns([["HOST", "MAC", "DEVICE", "SURE", "SPEAKS"], ...rows]));
  }
  if (!found.some((one) => nameOf(one) !== nameOf({}))) {
    say(context, "nobody was heard whom a signature names");
    context.exitWith(EXIT.failed);
  }
}
