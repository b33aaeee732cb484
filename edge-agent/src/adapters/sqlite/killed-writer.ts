// A process that writes history as fast as it may, and tells what it was told to be on the disk; kill.test.ts kills
// it. Arguments: file, number of the first round. Output: a line with the number of each round that is safe.
import { createManualClock } from "@stethos/protocol-finger/clock";
import { createHistory } from "./history.ts";
import {
  batchOf,
  createTestLogger,
  createTestTelemetry,
  never,
  optionsFor,
  START_US,
  tagsNamed,
} from "./test-kit.ts";

const [file = "", first = "0"] = process.argv.slice(2);
// Nothing here waits for time: each round asks for its flush.
const clock = createManualClock(START_US);
const deps = { clock, logger: createTestLogger(), telemetry: createTestTelemetry() };
const history = await createHistory(optionsFor(file, { chunkReadings: 2000 }), deps);
const tags = Array.from({ length: 40 }, (_, i) => `t${i}`);
history.registerTags(tagsNamed(...tags));

async function write(round: number): Promise<void> {
  const timeUs = START_US + round * 100_000;
  const given = tags.map((_, tag) => ({ tag, value: round * 1000 + tag, sequence: round }));
  history.append(batchOf(timeUs, given));
  history.saveAlarm({
    id: `alarm ${round}`,
    machine: "m",
    sensor: "s",
    state: "normal",
    severity: "warning",
    raisedUs: timeUs,
    peakAnomaly: 0.7,
    reason: "anomaly",
    evidence: {},
  });
  await history.flush(never);
  process.stdout.write(`${round}\n`);
}

let before = Promise.resolve();
for (let round = Number(first); ; round += 1) {
  const written = write(round);
  // Two rounds are on their way at any time, so that a kill also meets one that waits.
  await before;
  before = written;
}
