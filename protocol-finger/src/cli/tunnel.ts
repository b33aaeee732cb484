import { readFile } from "node:fs/promises";
import { createSystemClock } from "../clock/system-clock.ts";
import { FingerError } from "../finger-error.ts";
import { counted } from "../fingerprint-text.ts";
import { putJson, say, untilStopped } from "../terminal/streams.ts";
import type { TunnelEvent } from "../tunnel/events.ts";
import { startModbusProxy } from "../tunnel/modbus-proxy.ts";
import { startS7Proxy } from "../tunnel/s7-proxy.ts";
import type { Tunnel } from "../tunnel/tunnel.ts";
import type { AddCommand, CliContext } from "./io.ts";
import { readAreas } from "./read-areas.ts";
import { parseListen, parseTunnelPlc } from "./tunnel-target.ts";
import { eventText } from "./tunnel-text.ts";

interface Options {
  readonly listen?: string;
  readonly listenModbus?: string;
  readonly plc: string;
  readonly areas: string;
  readonly writable?: string;
  readonly expose?: true;
  readonly json?: true;
}

export const tunnelCommand: AddCommand = (program, context) => {
  program
    .command("tunnel")
    .description("an S7 server over a PLC that speaks Modbus only, or the other way round; read-only")
    .option("--listen <host:port>", "serve S7 clients here; the PLC is behind modbus://")
    .option("--listen-modbus <host:port>", "serve Modbus clients here; the PLC is behind s7://")
    .requiredOption(
      "--plc <url>",
      '"modbus://10.0.0.5:502?unit=1" or "s7://10.0.0.5?rack=0&slot=2&type=basic"',
    )
    .requiredOption("--areas <file>", "YAML: which registers are which bytes of which data block")
    .option("--writable <file>", "S7 addresses that may be written, one a line; nothing else is ever written")
    .option("--expose", "listen on an address that other computers can reach")
    .option("--json", "what happens, one event a line as JSON on standard output")
    .addHelpText("after", HELP)
    .action(async (options: Options) => {
      const stop = untilStopped(context);
      try {
        const tunnel = await start(options, context, stop.signal);
        tellStart(tunnel, options, context);
        await stopped(stop.signal);
        await tunnel.close();
        tellEnd(tunnel, options, context);
      } finally {
        stop.dispose();
      }
    });
};

const HELP = `
The areas are those of Siemens' MODBUSPN and MODBUSCP blocks (data_type_n, db_n, start_n, end_n), zero-based:
  - { kind: holding, db: 1, startRegister: 0, endRegister: 99 }

It runs until Ctrl-C. The PLC need not be there yet, and may come and go.

Examples:
  protocol-finger tunnel --listen 127.0.0.1:1102 --plc modbus://10.0.0.5 --areas areas.yaml
  protocol-finger tunnel --listen-modbus 127.0.0.1:1502 --plc "s7://10.0.0.5?slot=2" --areas areas.yaml`;

async function start(options: Options, context: CliContext, signal: AbortSignal): Promise<Tunnel> {
  const { listen, listenModbus } = options;
  const where = listen ?? listenModbus;
  if (where === undefined || (listen !== undefined && listenModbus !== undefined)) {
    throw new FingerError(
      "OPTION_INVALID",
      "name either --listen (S7 clients) or --listen-modbus (Modbus clients)",
    );
  }
  const shared = {
    listen: parseListen(where, options.expose === true),
    areas: await readAreas(options.areas),
    ...(options.writable !== undefined && { writable: await readLines(options.writable) }),
  };
  const plc = parseTunnelPlc(options.plc);
  const onEvent = (event: TunnelEvent) => tell(event, options, context);
  const deps = { clock: createSystemClock(), random: Math.random, onEvent };
  if (listen !== undefined && plc.kind === "modbus")
    return startS7Proxy({ ...shared, upstream: plc.options }, deps, signal);
  if (listen === undefined && plc.kind === "s7")
    return startModbusProxy({ ...shared, upstream: plc.options }, deps, signal);
  throw new FingerError(
    "OPTION_INVALID",
    "--listen goes with --plc modbus://, --listen-modbus with --plc s7://",
  );
}

async function readLines(file: string): Promise<readonly string[]> {
  try {
    const lines = (await readFile(file, "utf8")).split(/\r?\n/);
    return lines.map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  } catch (cause) {
    throw new FingerError("OPTION_INVALID", `${file} cannot be read`, { cause });
  }
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

function tellStart({ address, port }: Tunnel, { plc, json }: Options, context: CliContext): void {
  if (json) putJson(context, { kind: "listening", address, port });
  else say(context, `listening on ${address}:${port} for ${plc}; Ctrl-C ends it`);
}

function tellEnd(tunnel: Tunnel, { json }: Options, context: CliContext): void {
  const stats = tunnel.stats();
  if (json) putJson(context, { kind: "ended", stats });
  else {
    const { guestsServed, requests, writes, writesRefused, malformed } = stats;
    say(
      context,
      `ended: ${counted(guestsServed, "client")}, ${counted(requests, "request")}, ${counted(writes, "write")}, ` +
        `${counted(writesRefused, "refused write")}, ${counted(malformed, "client")} sent away for what they sent`,
    );
  }
}

function tell(event: TunnelEvent, { json }: Options, context: CliContext): void {
  if (!json) say(context, eventText(event));
  else if (event.kind === "plc-down") {
    const { code, message } = event.error;
    putJson(context, { ...event, error: { code, message } });
  } else putJson(context, event);
}
