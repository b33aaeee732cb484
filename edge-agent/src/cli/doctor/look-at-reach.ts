import { describeError } from "../../core/errors.ts";
import { SinkError } from "../../ports/sink.ts";
import { type Finding, finding } from "./finding.ts";
import type { Examined } from "./machine.ts";

/** Where a device or a sink is: at one of these ports, or at a serial port or folder. */
export type Place =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly ports: readonly number[] };

export interface Named {
  readonly name: string;
  readonly places: readonly Place[];
}

/** Asks a sink more than whether somebody accepts: logs in, looks at a schema. Resolves to what it said, for a person;
 *  rejects with what is wrong. */
export type Probe = (signal: AbortSignal) => Promise<string>;

type Reach = Pick<Examined, "knock" | "sizeOf">;

export async function lookAtDevice(
  machine: Reach & Pick<Examined, "tryOpening">,
  { name, places }: Named,
  signal: AbortSignal,
): Promise<Finding> {
  const facts = { device: name, address: places.map(addressOf).join(", ") };
  const why = await faultOf(machine, places, signal);
  if (why !== undefined) return finding("device", "device-unreachable", { ...facts, why });
  const denied = await deniedOf(machine, places);
  return denied === undefined
    ? finding("device", "device-good", facts)
    : finding("device", "device-denied", { ...facts, why: denied });
}

/** A serial port that is there may be another user's. */
async function deniedOf(
  { tryOpening }: Pick<Examined, "tryOpening">,
  places: readonly Place[],
): Promise<string | undefined> {
  try {
    for (const place of places) if (place.kind === "file") await tryOpening(place.path);
    return undefined;
  } catch (thrown) {
    return describeError(thrown);
  }
}

/** @param probe where the sink can be asked more: it knows best, also which of several places would do */
export async function lookAtSink(
  machine: Reach,
  { name, places }: Named,
  probe: Probe | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const facts = { sink: name, address: places.map(addressOf).join(", ") };
  if (probe !== undefined) return askSink(facts, probe, signal);
  const why = await faultOf(machine, places, signal);
  return why === undefined
    ? finding("sink", "sink-good", facts)
    : finding("sink", "sink-unreachable", { ...facts, why });
}

async function askSink(
  facts: Readonly<Record<string, string>>,
  probe: Probe,
  signal: AbortSignal,
): Promise<Finding> {
  try {
    return finding("sink", "sink-asked", { ...facts, said: await probe(signal) });
  } catch (thrown) {
    // A sink's message names what is wrong; its cause would say so twice.
    if (!(thrown instanceof SinkError))
      return finding("sink", "sink-unreachable", { ...facts, why: describeError(thrown) });
    const code = thrown.fault === "unreachable" ? "sink-unreachable" : "sink-refuses";
    return finding("sink", code, { ...facts, why: thrown.message });
  }
}

const addressOf = (place: Place): string =>
  place.kind === "file" ? place.path : `${place.host}:${place.ports.join("/")}`;

/** One place of several is enough. @returns the fault of the last where there is none */
async function faultOf(
  machine: Reach,
  places: readonly Place[],
  signal: AbortSignal,
): Promise<string | undefined> {
  let fault: string | undefined;
  for (const place of places) {
    fault = place.kind === "file" ? await missing(machine, place.path) : await closed(machine, place, signal);
    if (fault === undefined) return undefined;
  }
  return fault;
}

async function missing({ sizeOf }: Reach, path: string): Promise<string | undefined> {
  try {
    return (await sizeOf(path)) === undefined ? "there is no such file or folder" : undefined;
  } catch (thrown) {
    return describeError(thrown);
  }
}

async function closed(
  { knock }: Reach,
  { host, ports }: Extract<Place, { kind: "tcp" }>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const faults = await Promise.all(
    ports.map(async (port) => {
      try {
        await knock(host, port, signal);
        return undefined;
      } catch (thrown) {
        return describeError(thrown);
      }
    }),
  );
  return faults.includes(undefined) ? undefined : faults[0];
}
