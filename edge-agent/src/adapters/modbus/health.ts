import type { Diagnosis, DiagnosisCode, LearntLimits } from "@stethos/protocol-finger";
import type { Clock } from "@stethos/protocol-finger/clock";
import { StatusCode } from "../../core/quality.ts";
import type { RawBatch } from "../../core/reading.ts";
import type { CompiledPlan } from "./compile.ts";
import type { Group } from "./group-reader.ts";
import type { Line } from "./line.ts";
import { looksExchanged, withExchangedWords } from "./word-order.ts";

/** What a session finds out about its device beside the values. */
export interface Health {
  onScan(group: number, batch: RawBatch): void;
  readonly diagnosis: Diagnosis | undefined;
  /** Another object whenever there is news. */
  readonly learnt: LearntLimits | undefined;
}

export interface HealthSources {
  readonly compiled: CompiledPlan;
  /** Of each tag: name and address. */
  readonly names: readonly string[];
  readonly line: Pick<Line, "lateAtMs">;
  readonly requestTimeoutMs: number;
}

// So long after a late answer the device counts as slow.
const LATE_FOR_MS = 60_000;

export function createHealth(sources: HealthSources, clock: Clock): Health {
  const { compiled, names, line, requestTimeoutMs } = sources;
  const byGroup = new Map<number, Diagnosis | undefined>();
  let learnt: LearntLimits | undefined;

  function late(): Diagnosis | undefined {
    const { lateAtMs } = line;
    if (lateAtMs === undefined || clock.monotonicMs() - lateAtMs > LATE_FOR_MS) return undefined;
    const observed = `answers come later than requestTimeoutMs (${requestTimeoutMs} ms)`;
    return { code: "MODBUS_LATE_REPLY", observed };
  }

  return {
    onScan(index, batch) {
      const group = compiled.groups[index];
      if (group === undefined) return;
      const found = diagnoseRows(group, batch, names) ?? diagnoseOrder(group, batch, names);
      const before = byGroup.get(index);
      // The values that show it change with every scan; the first ones stay told.
      const isKnown = found?.code === "MODBUS_WORD_ORDER" && before?.code === found.code;
      byGroup.set(index, isKnown ? before : found);
      const most = compiled.groups.flatMap(({ plan }) => plan.mostRegisters ?? []);
      const maxRegisters = Math.min(...most);
      if (most.length > 0 && maxRegisters !== learnt?.["maxRegisters"]) learnt = { maxRegisters };
    },
    get diagnosis() {
      return [...byGroup.values()].find((one) => one !== undefined) ?? late();
    },
    get learnt() {
      return learnt;
    },
  };
}

/** What the device answered, or not, by the status of the row that it left. */
const CAUSES: ReadonlyMap<number, readonly [code: DiagnosisCode, words: string]> = new Map([
  [StatusCode.BadConfigurationError, ["MODBUS_FUNCTION_REFUSED", "exception 01, illegal function"]],
  [StatusCode.BadNodeIdUnknown, ["MODBUS_ADDRESS_REFUSED", "exception 02, illegal data address"]],
  [StatusCode.BadOutOfService, ["MODBUS_BUSY", "exception 05 or 06, busy"]],
  [StatusCode.BadCommunicationError, ["MODBUS_GATEWAY_TARGET", "exception 0A or 0B from the gateway"]],
  [StatusCode.BadTimeout, ["MODBUS_UNIT_SILENT", "no answer"]],
]);

function diagnoseRows(group: Group, batch: RawBatch, names: readonly string[]): Diagnosis | undefined {
  for (let row = 0; row < batch.count; row += 1) {
    const found = CAUSES.get(batch.status[row] ?? 0);
    if (found === undefined) continue;
    const [code, words] = found;
    const unit = group.fields[row]?.unit;
    return { code, observed: `${names[batch.tag[row] ?? -1]} of unit ${unit}: ${words}` };
  }
  return undefined;
}

function diagnoseOrder(group: Group, batch: RawBatch, names: readonly string[]): Diagnosis | undefined {
  const rows = [...group.fields.keys()].filter((row) => group.fields[row]?.isFloat === true);
  const row = looksExchanged(batch.value, rows);
  if (row === undefined) return undefined;
  const value = batch.value[row] ?? 0;
  const other = withExchangedWords(value).toPrecision(4);
  const name = names[batch.tag[row] ?? -1];
  return {
    code: "MODBUS_WORD_ORDER",
    observed: `${name} reads ${value.toPrecision(3)}; with its registers exchanged it would be ${other}`,
  };
}
