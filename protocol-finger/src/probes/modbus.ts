import {
  type DeviceIdentity,
  decodeIdentity,
  decodeRegisters,
  decodeServerId,
  encodeReadIdentity,
  encodeReadRegisters,
  encodeReportServerId,
  type IdentityCategory,
} from "../wire/modbus-identity.ts";
import { decodeUmasId, encodeReadUmasId } from "../wire/umas.ts";
import { withLine } from "./exchange.ts";
import { createModbusAsker, type Outcome } from "./modbus-ask.ts";
import { MODBUS_FRAMES, WAGO_PLATE } from "./modbus-frames.ts";
import {
  type Examination,
  isGatewayException,
  noteIdentity,
  noteManners,
  noteOutcome,
} from "./modbus-notes.ts";
import { createNoter } from "./note.ts";
import type { Probe, ProbeLine, Visit } from "./probe.ts";

export const modbusProbe: Probe = {
  protocol: "modbus",
  transport: "tcp",
  defaultPort: 502,
  frames: MODBUS_FRAMES,
  async run(visit, signal) {
    await withLine(visit, "modbus", "tcp", signal, (line) => examine(visit, line, signal));
  },
};

async function examine(visit: Visit, line: ProbeLine, signal: AbortSignal): Promise<void> {
  const asker = createModbusAsker(visit, line);
  const examination: Examination = {
    visit,
    asker,
    signal,
    exceptions: new Set(),
    silentUnits: new Set(),
    deadUnits: new Set(),
    registersOf: new Set(),
  };
  const unit = await findUnit(examination);
  if (unit !== undefined) {
    // Silent to one function only.
    examination.silentUnits.delete(unit);
    await askOn(examination, unit);
  }
  noteManners(examination);
}

// No other unit is tried: a sweep over 247 units is what brings old gateways down.
const UNITS = [1, 255, 0] as const;

/** The first unit that answers, the device's own or what a gateway has behind it. */
async function findUnit(examination: Examination): Promise<number | undefined> {
  for (const unit of UNITS) {
    const identity = await askIdentity(examination, unit, "basic", 0);
    if (identity === "unit") return unit;
    if (identity === "end") return undefined;
    // There are devices that keep silent to functions they do not know: one more try, with the commonest function.
    if (unit === UNITS[0] && examination.silentUnits.size > 0) {
      const register = await askRegister(examination, unit);
      if (register === "unit") return unit;
      if (register === "end") return undefined;
    }
  }
  return undefined;
}

/** `unit`: it is there; `next`: try another; `end`: no further question makes sense. */
type Finding = "unit" | "next" | "end";

async function askIdentity(
  examination: Examination,
  unit: number,
  category: IdentityCategory,
  first: number,
): Promise<Finding> {
  const { asker, signal, visit } = examination;
  const outcome = await asker.ask(
    unit,
    (target) => encodeReadIdentity(target, category, first),
    decodeIdentity,
    signal,
  );
  if (category === "basic" && first === 0) noteOutcome(examination, "fc43", 43, unit, outcome);
  if (outcome.kind === "reply" && outcome.reply.kind === "identity") {
    noteIdentity(visit, outcome.reply, outcome.bytes);
    if (first === 0) await askRest(examination, unit, category, outcome.reply);
  }
  return findingOf(examination, unit, outcome);
}

// Categories of the conformity level (V1.1b3, 6.21).
const REGULAR = 2;

/** What did not fit, then the regular objects where there are any; each at most once. */
async function askRest(
  examination: Examination,
  unit: number,
  category: IdentityCategory,
  identity: DeviceIdentity,
): Promise<void> {
  if (identity.next !== undefined && identity.next > 0) {
    await askIdentity(examination, unit, category, identity.next);
  }
  if (category === "basic" && identity.conformity >= REGULAR) {
    await askIdentity(examination, unit, "regular", 0);
  }
}

async function askRegister(examination: Examination, unit: number): Promise<Finding> {
  const { asker, signal } = examination;
  const outcome = await asker.ask(
    unit,
    (target) => encodeReadRegisters(target, 0, 1),
    decodeRegisters,
    signal,
  );
  noteOutcome(examination, "fc3", 3, unit, outcome);
  const finding = findingOf(examination, unit, outcome);
  if (finding === "unit") examination.registersOf.add(unit);
  return finding;
}

/** The questions after the first, to a unit that answers. */
async function askOn(examination: Examination, unit: number): Promise<void> {
  const { visit } = examination;
  if (isSchneider(visit)) await askUmas(examination);
  if (visit.fact("modbus.fc43") === "answer") return;
  const hasRegister = examination.registersOf.has(unit) || (await askRegister(examination, unit)) === "unit";
  if (hasRegister) await askServerId(examination, unit);
}

async function askServerId(examination: Examination, unit: number): Promise<void> {
  const { asker, signal, visit } = examination;
  const outcome = await asker.ask(unit, encodeReportServerId, decodeServerId, signal);
  noteOutcome(examination, "fc17", 17, unit, outcome);
  if (outcome.kind !== "reply") return;
  const { reply, bytes } = outcome;
  if (reply.kind === "server-id") {
    createNoter(visit, "modbus", bytes)("serverId", reply.text, `server id "${reply.text}" (FC 17)`);
  } else {
    await askWagoPlate(examination, unit);
  }
}

// The IEEE's list of vendors: Telemecanique, Modicon, Schneider (ELAU).
const SCHNEIDER_MACS = ["00:80:f4", "00:00:54", "00:04:17"];

function isSchneider(visit: Visit): boolean {
  if (/^(schneider|telemecanique|modicon)/i.test(String(visit.fact("modbus.vendor") ?? ""))) return true;
  const mac = String(visit.fact("neighbour.mac") ?? "").toLowerCase();
  return SCHNEIDER_MACS.some((prefix) => mac.startsWith(prefix));
}

async function askUmas(examination: Examination): Promise<void> {
  const { asker, signal, visit } = examination;
  const outcome = await asker.ask(
    0,
    ({ transaction }) => encodeReadUmasId(transaction),
    decodeUmasId,
    signal,
  );
  if (outcome.kind !== "reply" || outcome.reply.kind === "exception") return;
  const { cpu } = outcome.reply;
  createNoter(visit, "modbus", outcome.bytes)("cpu", cpu, `processor "${cpu}" (FC 90)`);
}

async function askWagoPlate(examination: Examination, unit: number): Promise<void> {
  const { asker, signal, visit } = examination;
  const outcome = await asker.ask(
    unit,
    (target) => encodeReadRegisters(target, WAGO_PLATE.address, WAGO_PLATE.count),
    decodeRegisters,
    signal,
  );
  if (outcome.kind !== "reply" || outcome.reply.kind === "exception") return;
  const [series = 0, item = 0, major = 0, minor = 0] = outcome.reply.values;
  const note = createNoter(visit, "modbus", outcome.bytes);
  note("plateSeries", series, `register 0x2011 holds ${series}`);
  note("plateItem", item, `register 0x2012 holds ${item}`);
  note("plateFirmware", `${major}.${minor}`, `registers 0x2013 and 0x2014 hold ${major} and ${minor}`);
}

function findingOf(
  examination: Examination,
  unit: number,
  outcome: Outcome<{ readonly kind: string; readonly code?: number }>,
): Finding {
  if (outcome.kind === "silence") {
    examination.silentUnits.add(unit);
    return "next";
  }
  if (outcome.kind !== "reply") return "end";
  if (!isGatewayException(outcome.reply.code)) return "unit";
  examination.deadUnits.add(unit);
  return "next";
}
