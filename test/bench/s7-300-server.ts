// The S7-315-2 PN/DP of the zoo with a job every 4 ms exactly, in a process of its own.
// Prints its port as one JSON line; when its standard input ends, how many jobs it was sent.
import { TRAITS_315 } from "../plant/zoo/s7-300.ts";
import { createMemory } from "../plant/zoo/s7-memory.ts";
import { startS7Simulator } from "../plant/zoo/s7-simulator.ts";

const JOB_MS = 4;

const memory = createMemory({ 1: 8192 }, []);
const block = memory.area(0x84, 1);
for (let i = 0; i < 2048; i += 1) block?.writeFloatBE(i / 7, 4 * i);
const simulator = await startS7Simulator(
  { traits: { ...TRAITS_315, latencyMs: [JOB_MS, JOB_MS, JOB_MS, JOB_MS] }, memory },
  { seed: 1, latencyScale: 1 },
);
process.stdout.write(`${JSON.stringify({ port: simulator.port })}\n`);
process.stdin.on("end", () => process.exit(0)).resume();
