import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DiagnosisCode, Fingerprint } from "@stethos/protocol-finger";
import { createSystemClock } from "@stethos/protocol-finger/clock";
import { createCounters } from "../../../edge-agent/src/adapters/node/counters.ts";
import { createLogger } from "../../../edge-agent/src/adapters/node/logger.ts";
import { systemRandom } from "../../../edge-agent/src/adapters/node/random.ts";
import { createAcquisition } from "../../../edge-agent/src/compose/acquisition.ts";
import { autoOptions } from "../../../edge-agent/src/config/auto-options.ts";
import { qualityOf } from "../../../edge-agent/src/core/quality.ts";
import { type ReadingBatch, valueAt } from "../../../edge-agent/src/core/reading.ts";
import type { ZooEndpoint, ZooProfile } from "../../plant/zoo/zoo-profile.ts";
import { deviceOf, sleep } from "../agent-path.ts";

/** What came of one start of the agent. */
export interface AgentTry {
  /** Every tag had its value, within the limit. */
  readonly reads: boolean;
  readonly ms: number;
  /** Verdicts, in their order. */
  readonly fingerprints: readonly Fingerprint[];
  /** What it says is wrong, at the end. */
  readonly diagnosis: DiagnosisCode | undefined;
}

/** Why to stop before the limit: all tags read, or a diagnosis that was waited for. */
export interface Until {
  readonly limitMs: number;
  readonly diagnoses?: readonly DiagnosisCode[];
}

const PERIOD_MS = 250;
const LOOK_MS = 20;

/** The agent with "auto://" and nothing else but what an engineer has to decide: whose certificates to trust, and which
 *  registers a Modbus server in an S7 serves. */
export async function agentReads(
  { tags, tunnelAreas }: ZooProfile,
  { host, ports: { s7, modbus, opcua } }: ZooEndpoint,
  until: Until,
): Promise<AgentTry> {
  const folder = await mkdtemp(join(tmpdir(), "stethos-zoo-"));
  const wrong = new Set(tags.keys());
  const fingerprints: Fingerprint[] = [];
  let diagnosis: DiagnosisCode | undefined;

  function onReadings(batch: ReadingBatch): void {
    for (let i = 0; i < batch.count; i += 1) {
      const tag = batch.tag[i] ?? -1;
      const isRight = qualityOf(batch.status[i] ?? 0) === "good" && valueAt(batch, i) === tags[tag]?.value;
      if (isRight) wrong.delete(tag);
      else wrong.add(tag);
    }
  }

  const acquisition = createAcquisition({
    clock: createSystemClock(),
    random: systemRandom,
    logger: createLogger("silent", true),
    telemetry: createCounters(),
    dataFolder: folder,
    onReadings,
    onWaveform() {
      // The zoo has no waveforms.
    },
    onDevice(_, news) {
      if (news.kind === "identified") fingerprints.push(news.fingerprint);
      if (news.kind === "diagnosis") diagnosis = news.diagnosis?.code;
      if (news.kind === "link") diagnosis = news.up ? undefined : news.diagnosis?.code;
    },
  });
  const connection = autoOptions.parse({
    endpoint: `auto://${host}`,
    ports: { s7, modbus, opcua },
    // Otherwise somebody has to compare the server's certificate and file it first.
    opcua: { trustServer: "first-use" },
    ...(tunnelAreas && { tunnel: { areas: tunnelAreas } }),
  });
  acquisition.apply({
    devices: [
      deviceOf(
        { name: "device", groups: [], protocol: "auto", connection },
        tags.map(({ address }) => address),
        PERIOD_MS,
      ),
    ],
  });
  const start = performance.now();
  acquisition.start();
  const isOver = (): boolean =>
    until.diagnoses === undefined ? wrong.size === 0 : until.diagnoses.some((code) => code === diagnosis);
  while (!isOver() && performance.now() - start < until.limitMs) await sleep(LOOK_MS);
  const ms = performance.now() - start;
  const result = { reads: wrong.size === 0, ms, fingerprints, diagnosis };
  await acquisition.close(5000);
  // The OPC UA client still files a certificate when its session is over.
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  return result;
}
