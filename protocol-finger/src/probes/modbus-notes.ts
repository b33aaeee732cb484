import type { DeviceIdentity } from "../wire/modbus-identity.ts";
import type { ModbusAsker, Outcome } from "./modbus-ask.ts";
import { createNoter, firstLine } from "./note.ts";
import type { Visit } from "./probe.ts";

/** What is known so far of the device at the other end of one line. */
export interface Examination {
  readonly visit: Visit;
  readonly asker: ModbusAsker;
  readonly signal: AbortSignal;
  /** "43:01", in the order of the questions. */
  readonly exceptions: Set<string>;
  readonly silentUnits: Set<number>;
  /** Units that a gateway could not reach. */
  readonly deadUnits: Set<number>;
  /** Units that have answered to FC 3, be it with an exception. */
  readonly registersOf: Set<number>;
}

// Path unavailable, target failed to respond (V1.1b3, section 7).
export const isGatewayException = (code: number | undefined) => code === 0x0a || code === 0x0b;

type Question = "fc43" | "fc3" | "fc17";

export function noteOutcome(
  examination: Examination,
  question: Question,
  code: number,
  unit: number,
  outcome: Outcome<{ readonly kind: string; readonly code?: number }>,
): void {
  if (outcome.kind === "forbidden") return;
  const { visit, exceptions } = examination;
  const note = createNoter(visit, "modbus", outcome.bytes);
  if (outcome.kind !== "reply") {
    note(question, outcome.kind, `${outcome.kind} to FC ${code}, unit ${unit}`);
    if (outcome.kind === "garbage") noteStranger(visit, outcome.bytes);
    return;
  }
  const exception = outcome.reply.code;
  const what = exception === undefined ? "answer" : `exception ${exception}`;
  if (exception !== undefined) exceptions.add(`${code}:${exception.toString(16).padStart(2, "0")}`);
  note(question, what, `${what} to FC ${code}, unit ${unit}`);
  note("speaks", true, `Modbus/TCP answers on unit ${unit}`);
  if (!isGatewayException(exception)) note("unit", unit, `unit ${unit} answers`);
  note("echoesUnit", outcome.echoesUnit, `the answer bears ${outcome.echoesUnit ? "the" : "another"} unit`);
  if (visit.fact("modbus.latencyMs") === undefined) {
    note("latencyMs", Math.round(outcome.rttMs * 10) / 10, `answer after ${outcome.rttMs.toFixed(1)} ms`);
  }
}

const FIRST_BYTES = 16;

/** Something listens here that does not speak Modbus. */
function noteStranger(visit: Visit, bytes: Buffer): void {
  const note = createNoter(visit, "modbus", bytes);
  const hex = bytes.subarray(0, FIRST_BYTES).toString("hex");
  note("firstBytes", hex, `what answers begins with ${hex}`);
  const text = firstLine(bytes);
  if (text !== undefined) note("text", text, `answers with text: "${text}"`);
}

// Object ids (V1.1b3, 6.21, table of basic and regular objects).
const OBJECT_FACTS = [
  "vendor",
  "product",
  "revision",
  "url",
  "productName",
  "modelName",
  "application",
] as const;

export function noteIdentity(visit: Visit, identity: DeviceIdentity, bytes: Buffer): void {
  const note = createNoter(visit, "modbus", bytes);
  for (const { id, text } of identity.objects) {
    const name = OBJECT_FACTS[id];
    if (name !== undefined) note(name, text, `${name} "${text}" (FC 43/14, object ${id})`);
  }
}

export function noteManners(examination: Examination): void {
  const { visit, exceptions, silentUnits, deadUnits, asker } = examination;
  const note = createNoter(visit, "modbus", Buffer.alloc(0));
  const pattern = [...exceptions].join(",");
  note("exceptionPattern", pattern, `exceptions by function: ${pattern}`);
  const silent = [...silentUnits].join(",");
  note("silentUnits", silent, `no answer on unit ${silent}`);
  const dead = [...deadUnits].join(",");
  note("deadUnits", dead, `a gateway reaches nothing on unit ${dead}`);
  if (asker.late > 0) note("lateAnswers", asker.late, `${asker.late} answers came too late`);
}
