import { createServer, type Socket, connect as tcpConnect } from "node:net";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createOpcuaDriver } from "../../edge-agent/src/adapters/opcua-client/driver.ts";
import { opcuaOptions } from "../../edge-agent/src/adapters/opcua-client/options.ts";
import type { RawBatch, Value } from "../../edge-agent/src/core/reading.ts";
import type { Waveform } from "../../edge-agent/src/core/waveform.ts";
import type { DriverEvent, ScanPlan } from "../../edge-agent/src/ports/driver.ts";
import type { Logger } from "../../edge-agent/src/ports/logger.ts";

/** What a test reads from a server. */
export interface Wanted {
  readonly tags?: readonly string[];
  readonly waveforms?: readonly {
    readonly address: string;
    readonly sequenceAddress: string;
    readonly samples: number;
  }[];
  /** Tags by group; all in one where absent. */
  readonly groups?: readonly (readonly number[])[];
}

const path = { site: "site", area: "area", line: "line", cell: "cell", asset: "machine" };

export function planOf(wanted: Wanted): ScanPlan {
  const tag = (name: string, address: string) => ({
    id: `site/area/line/cell/machine/${name}`,
    path,
    name,
    device: "plc",
    protocol: "opcua" as const,
    address,
    unit: "1",
    scale: 1,
    offset: 0,
  });
  const tags = (wanted.tags ?? []).map((address, i) => tag(`t${i}`, address));
  const waveforms = (wanted.waveforms ?? []).map(({ address, sequenceAddress, samples }, i) => ({
    ...tag(`w${i}`, address),
    sequenceAddress,
    samples,
    sampleRateHz: 1000,
  }));
  const groups = (wanted.groups ?? [tags.map((_, i) => i)]).map((group, i) => ({
    name: `g${i}`,
    periodMs: 50,
    tags: group,
    waveforms: i === 0 ? waveforms.map((_, w) => w) : [],
  }));
  return { device: "plc", protocol: "opcua", tags, waveforms, groups };
}

/** A row of a batch, as a test likes to see it. */
export interface Row {
  readonly tag: number;
  readonly value: Value;
  readonly status: number;
  readonly sourceTimeUs: number;
}

/** A driver that runs, with all it said. */
export interface Watch {
  readonly rows: readonly Row[];
  readonly blocks: readonly Waveform[];
  readonly notes: readonly DriverEvent[];
  readonly logged: readonly string[];
  /** The first that `pick` finds, now or later. */
  until<T>(pick: (watch: Watch) => T | undefined): Promise<T>;
  /** Ends the driver as an agent does; what it said stays. */
  stop(): Promise<void>;
  /** Stops listening, at the next event, without telling the driver. */
  leave(): Promise<void>;
}

export function watch(wanted: Wanted, options: Record<string, unknown>): Watch {
  const plan = planOf(wanted);
  const stop = new AbortController();
  const rows: Row[] = [];
  const blocks: Waveform[] = [];
  const notes: DriverEvent[] = [];
  const logged: string[] = [];
  const waiting = new Set<() => void>();
  let isLeaving = false;
  const { certificateFolder = "never used", ...rest } = opcuaOptions.parse({
    securityMode: "None",
    ...options,
  });
  const driver = createOpcuaDriver(
    plan,
    { ...rest, certificateFolder },
    { clock: createSystemClock(), logger: createLogger(logged), random: () => 0.5 },
    { backoffFirstMs: 20, backoffMostMs: 100 },
  );

  async function run(): Promise<void> {
    for await (const event of driver.events(stop.signal)) {
      if (event.kind === "batch") rows.push(...rowsOf(event.batch));
      else if (event.kind === "waveform") blocks.push(event.waveform);
      else notes.push(event);
      for (const look of waiting) look();
      if (isLeaving) break;
    }
  }
  const running = run();
  const self: Watch = {
    rows,
    blocks,
    notes,
    logged,
    until: (pick) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = pick(self);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        running.then(() => reject(new Error(`the driver ended first: ${JSON.stringify(notes)}`)), reject);
      }),
    async stop() {
      stop.abort();
      await running;
    },
    async leave() {
      isLeaving = true;
      await running;
    },
  };
  return self;
}

function rowsOf(batch: RawBatch): Row[] {
  return Array.from(batch.tag, (tag, i) => {
    const value = batch.value[i] ?? Number.NaN;
    return {
      tag,
      value: batch.other.get(i) ?? (Number.isNaN(value) ? null : value),
      status: batch.status[i] ?? -1,
      sourceTimeUs: batch.sourceTimeUs[i] ?? -1,
    };
  });
}

/** The newest row of a tag that passes. */
export const newest =
  (tag: number, test: (row: Row) => boolean = () => true) =>
  ({ rows }: Watch) =>
    rows.findLast((row) => row.tag === tag && test(row));

export const linkIs =
  (up: boolean, times = 1) =>
  ({ notes }: Watch) => {
    const links = notes.filter((event) => event.kind === "link" && event.up === up);
    const link = links[times - 1];
    return link?.kind === "link" ? link.reason : undefined;
  };

/** Codes of all diagnoses so far. */
export const causes = ({ notes }: Watch): (string | undefined)[] =>
  notes.flatMap((event) =>
    event.kind === "diagnosis" || (event.kind === "link" && !event.up) ? [event.diagnosis?.code] : [],
  );

function createLogger(logged: string[]): Logger {
  const log = (fields: Readonly<Record<string, unknown>>, message: string) => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const logger: Logger = { debug: log, info: log, warn: log, error: log, child: () => logger };
  return logger;
}

/** A wire between agent and server that can be cut, or go dead without a word. */
export interface Wire {
  readonly url: string;
  /** Connections that go through. */
  readonly open: number;
  cut(): void;
  /** Nothing passes any more, and nobody is told; new connections are dead too. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startWire(port: number, host = "127.0.0.1"): Promise<Wire> {
  const sockets = new Set<Socket>();
  let isFrozen = false;
  let open = 0;
  const server = createServer((near) => {
    const far = tcpConnect(port, "127.0.0.1");
    open += 1;
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("data", (bytes) => {
        if (!isFrozen) to.write(bytes);
      });
      from.on("error", () => undefined);
      from.on("close", () => {
        sockets.delete(from);
        if (!isFrozen) to.destroy();
      });
    }
    near.on("close", () => {
      open -= 1;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `opc.tcp://${host}:${typeof address === "object" ? address?.port : 0}`,
    get open() {
      return open;
    },
    cut,
    freeze() {
      isFrozen = true;
    },
    thaw() {
      isFrozen = false;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      cut();
      await closed;
    },
  };
}
