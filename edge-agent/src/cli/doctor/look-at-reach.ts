import { describeError } from "../../core/errors.ts";
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

/** Asks a sink more than whether somebody accepts: logs in, looks at a topic. Rejects with what is wrong. */
export type Probe = (signal: AbortSignal) => Promise<void>;

type Reach = Pick<Examined, "knock" | "sizeOf">;

export async function lookAtDevice(
  machine: Reach,
  { name, places }: Named,
  signal: AbortSignal,
): Promise<Finding> {
  const address = places.map(addressOf).join(", ");
  const why = await faultOf(machine, places, signal);
  return why === undefined
    ? finding("device", "device-good", { device: name, address })
    : finding("device", "device-unreachable", { device: name, address, why });
}

/** @param probe where the sink can be asked more */
export async function lookAtSink(
  machine: Reach,
  { name, places }: Named,
  probe: Probe | undefined,
  signal: AbortSignal,
): Promise<Finding> {
  const address = places.map(addressOf).join(", ");
  const why = (await faultOf(machine, places, signal)) ?? (await faultOfProbe(probe, signal));
  return why === undefined
    ? finding("sink", "sink-good", { sink: name, address })
    : finding("sink", "sink-unreachable", { sink: name, address, why });
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

async function faultOfProbe(probe: Probe | undefined, signal: AbortSignal): Promise<string | undefined> {
  try {
    await probe?.(signal);
    return undefined;
  } catch (thrown) {
    return describeError(thrown);
  }
}
