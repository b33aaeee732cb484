import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { s7OptionsSchema } from "../../edge-agent/src/adapters/s7/options.ts";
import { deviceOf, rateOf, startAcquisition } from "./agent-path.ts";
import { type Bench, median } from "./harness.ts";

const ROUNDS = 3;
const WARM_MS = 500;
const MEASURE_MS = 4000;
// Shorter than any scan takes: the agent scans as fast as the device answers.
const FLAT_OUT_MS = 1;
/** 55 REALs fill a job at PDU 240: 240 - 14 bytes of header - 4 of the item = 222. */
const REALS_PER_JOB = 55;
const JOBS_PER_SCAN = 20;
const REALS = Array.from({ length: JOBS_PER_SCAN * REALS_PER_JOB }, (_, i) => `DB1,REAL${4 * i}`);

// Connection request (basic, slot 2: never the programmer's), setup with one job and PDU 240, a read of 220 bytes of DB 1:
// RFC 1006, ISO 8073 and the S7 job header as STEP 7 sends them.
const CONNECT = Buffer.from("0300001611e00000000100c0010ac1020100c2020302", "hex");
const SETUP = Buffer.from("0300001902f08032010000000100080000f0000001000100f0", "hex");
const READ = Buffer.from("0300001f02f080320100000002000e00000401120a100200dc000184000000", "hex");

async function startPlc(): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "s7-300-server.ts")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    port: (JSON.parse(line) as { port: number }).port,
    async stop() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** Sends a packet and waits until the whole answer, whose length its header tells, is there. */
async function exchange(socket: Socket, packet: Buffer): Promise<Buffer> {
  socket.write(packet);
  let answer = Buffer.alloc(0);
  while (answer.length < 4 || answer.length < answer.readUInt16BE(2)) {
    const [chunk] = (await once(socket, "data")) as [Buffer];
    answer = Buffer.concat([answer, chunk]);
  }
  return answer;
}

/** What one job in flight allows: the same read over a bare socket, answer after answer, nothing decoded. */
async function bareJobsPerSecond(port: number): Promise<number> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  await exchange(socket, CONNECT);
  await exchange(socket, SETUP);
  let jobs = 0;
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      await exchange(socket, READ);
      jobs += 1;
    }
  })();
  const rate = await rateOf(() => jobs, WARM_MS, MEASURE_MS);
  isOver = true;
  await loop;
  socket.end();
  return rate;
}

/** REALs a second through the agent in compatibility mode. */
async function agentRealsPerSecond(port: number): Promise<number> {
  const connection = s7OptionsSchema.parse({
    host: "127.0.0.1",
    port,
    localTsap: 0x0100,
    remoteTsap: 0x0302,
    pduSize: 240,
    jobsInFlight: 1,
    maxReadBytes: 222,
  });
  const device = { name: "s7-300", groups: [], protocol: "s7", connection } as const;
  const running = await startAcquisition([deviceOf({ ...device, groups: [] }, REALS, FLAT_OUT_MS)]);
  const rate = await rateOf(running.values, WARM_MS, MEASURE_MS);
  await running.stop();
  return rate;
}

export const compat: Bench = {
  name: "compat",
  explains:
    "an S7-300 (simulated in another process: PDU 240, one job at a time, 4 ms a job) in compatibility mode through the " +
    "agent's whole acquisition: jobs/s and packed REAL/s, against a bare socket that sends the same read again as soon as " +
    "it is answered and decodes nothing (ratioToLimit)",
  async run(report) {
    const plc = await startPlc();
    const bare: number[] = [];
    const reals: number[] = [];
    for (let i = 0; i < ROUNDS; i += 1) {
      bare.push(await bareJobsPerSecond(plc.port));
      reals.push(await agentRealsPerSecond(plc.port));
      report(
        `round ${i + 1}: bare ${bare.at(-1)?.toFixed(1)} jobs/s, agent ${reals.at(-1)?.toFixed(0)} REAL/s`,
      );
    }
    await plc.stop();
    const jobsPerS = median(reals) / REALS_PER_JOB;
    return {
      jobsPerS,
      realsPerS: median(reals),
      limitJobsPerS: median(bare),
      ratioToLimit: jobsPerS / median(bare),
    };
  },
};
