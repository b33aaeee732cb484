// In a network namespace, where ports 102 and 502 are free: ROUNDS times our verdict and nmap's, each on a device of its
// own on these ports. Prints one JSON line of Rounds.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { builtInSignatures, identify, parseAllowList } from "@stethos/protocol-finger";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { type FaultyDevice, startFaultyDevice } from "../plant/zoo/fault-proxy.ts";
import { zooProfiles } from "../plant/zoo/index.ts";
import type { Examination, Round } from "./fingerprint.ts";

const run = promisify(execFile);
const HOST = "127.0.0.1";
const ROUNDS = Number(process.argv[2]);

async function onDevice<R>(seed: number, use: (device: FaultyDevice) => Promise<R>): Promise<R> {
  const profile = zooProfiles.find(({ id }) => id === "s7-315-v26-modbuspn");
  if (profile === undefined) throw new TypeError("the device of this benchmark is not in the zoo");
  const device = await startFaultyDevice(await profile.start({ seed, latencyScale: 1 }), {
    seed,
    lateMs: 0,
    isOnOwnPorts: true,
  });
  try {
    return await use(device);
  } finally {
    await device.close();
  }
}

const isRight = (text: string): boolean => text.includes("6ES7 315-2EH13-0AB0") && text.includes("2.6.1");

async function ours(device: FaultyDevice): Promise<Examination> {
  const clock = createSystemClock();
  const signatures = await builtInSignatures();
  let askedUs = 0;
  let roundTripsUs = 0;
  const start = performance.now();
  const fingerprint = await identify(
    { host: HOST },
    {
      clock,
      allow: parseAllowList([HOST]),
      signatures,
      onBytes({ direction, atUs }) {
        if (direction === "sent") askedUs = atUs;
        else roundTripsUs += atUs - askedUs;
      },
    },
    new AbortController().signal,
  );
  return {
    ms: performance.now() - start,
    roundTripsMs: roundTripsUs / 1000,
    frames: device.received.length,
    connections: device.connections,
    facts: fingerprint.facts.filter(({ probe }) => probe !== "tcp").length,
    isRight: isRight(`${fingerprint.orderNumber} ${fingerprint.firmware}`),
  };
}

/** What nmap's XML says: a line "name: value" of a script's output each, and what it calls the services. */
function factsOf(xml: string): number {
  const scripts = xml.match(/<elem key="[^"]+">/g) ?? [];
  const services = xml.match(/<service [^>]*>/g) ?? [];
  const named = services.flatMap(
    (service) => service.match(/ (product|version|extrainfo|ostype|hostname|devicetype)="/g) ?? [],
  );
  return scripts.length + named.length;
}

async function nmaps(device: FaultyDevice): Promise<Examination> {
  const start = performance.now();
  const { stdout } = await run("nmap", [
    ...["-n", "-Pn", "-sT", "-sV", "--script", "s7-info,modbus-discover", "-p", "102,502", "-oX", "-"],
    HOST,
  ]);
  return {
    ms: performance.now() - start,
    roundTripsMs: 0,
    frames: device.received.length,
    connections: device.connections,
    facts: factsOf(stdout),
    isRight: isRight(stdout),
  };
}

const rounds: Round[] = [];
for (let seed = 1; seed <= ROUNDS; seed += 1) {
  rounds.push({ ours: await onDevice(seed, ours), nmap: await onDevice(seed, nmaps) });
}
process.stdout.write(`${JSON.stringify(rounds)}\n`);
