import type { RawBatch } from "../../core/reading.ts";
import type { DriverDeps, PolledDevice, PolledSession, ScanPlan } from "../../ports/driver.ts";
import { type Asker, createAsker } from "./asker.ts";
import { type CompiledPlan, compilePlan } from "./compile.ts";
import { readGroup } from "./group-reader.ts";
import { createHealth, type Health } from "./health.ts";
import type { Line } from "./line.ts";
import type { ModbusRtuOptions, ModbusTcpOptions } from "./options.ts";
import { readCounter, readSamples } from "./waveform-reader.ts";

type Options = ModbusRtuOptions | ModbusTcpOptions;

/** A Modbus device or gateway, over TCP or over a serial line (RTU).
 *
 *  What a device teaches about its addresses is kept over its sessions: make one device per connection.
 *  @throws EdgeError ADDRESS_INVALID */
export function createModbusDevice(plan: ScanPlan, options: Options, deps: DriverDeps): PolledDevice {
  const compiled = compilePlan(plan, options);
  const names = plan.tags.map((tag) => `${tag.name} ${tag.address}`);
  const own = { ...deps, logger: deps.logger.child({ component: "modbus", device: plan.device }) };
  return {
    async connect(signal) {
      const { jobsInFlight, line, pauseMs } = await openLine(options, own, signal);
      for (const group of compiled.groups) group.plan.probeAll();
      const { requestTimeoutMs, timeoutLimit, unitRetryMs } = options;
      const asker = createAsker(
        line,
        { jobsInFlight, pauseMs, requestTimeoutMs, timeoutLimit, unitRetryMs, units: compiled.units },
        own,
      );
      const health = createHealth({ compiled, names, line, requestTimeoutMs }, own.clock);
      return createSession(compiled, { line, asker, jobsInFlight, health }, own);
    },
  };
}

interface OpenLine {
  readonly line: Line;
  readonly jobsInFlight: number;
  readonly pauseMs: number;
}

/** The lines are loaded when first needed, so that neither pays for the other's packages. */
async function openLine(options: Options, deps: DriverDeps, signal: AbortSignal): Promise<OpenLine> {
  if ("host" in options) {
    const { openTcpLine } = await import("./tcp-line.ts");
    const line = await openTcpLine(options, deps, signal);
    return { line, jobsInFlight: options.jobsInFlight, pauseMs: options.minGapMs };
  }
  const { openRtuLine } = await import("./rtu-line.ts");
  const line = await openRtuLine(options, deps, signal);
  return { line, jobsInFlight: 1, pauseMs: Math.max(options.minGapMs, silentIntervalMs(options)) };
}

/** Frames are told apart by 3.5 characters of silence, at least 1.75 ms (Modbus over Serial Line V1.02, 2.5.1.1). */
export function silentIntervalMs({
  baudRate,
  parity,
  stopBits,
}: Pick<ModbusRtuOptions, "baudRate" | "parity" | "stopBits">): number {
  const bitsPerCharacter = 1 + 8 + (parity === "none" ? 0 : 1) + stopBits;
  return baudRate > 19_200 ? 1.75 : (3.5 * bitsPerCharacter * 1000) / baudRate;
}

interface Connected {
  readonly line: Line;
  readonly asker: Asker;
  readonly jobsInFlight: number;
  readonly health: Health;
}

function createSession(
  compiled: CompiledPlan,
  { line, asker, jobsInFlight, health }: Connected,
  deps: DriverDeps,
): PolledSession {
  const { groups, units, waveforms } = compiled;
  return {
    async readGroup(group, signal): Promise<RawBatch> {
      const batch = await readGroup(at(groups, group), asker, { jobsInFlight, units }, deps, signal);
      health.onScan(group, batch);
      return batch;
    },
    get diagnosis() {
      return health.diagnosis;
    },
    get learnt() {
      return health.learnt;
    },
    async readSequence(waveform, signal) {
      return await readCounter(at(waveforms, waveform).sequence, asker, signal);
    },
    async readBlock(waveform, signal) {
      return await readSamples(at(waveforms, waveform).samples, asker, jobsInFlight, signal);
    },
    close: line.close,
  };
}

function at<T>(all: readonly T[], index: number): T {
  const found = all[index];
  if (found === undefined) throw new RangeError(`no number ${index} of ${all.length} in the plan`);
  return found;
}
