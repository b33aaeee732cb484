import { type FactView, viewFacts } from "./fact-view.ts";
import type { Findings } from "./findings.ts";
import type { ModbusProfile } from "./profile-types.ts";

/** Modbus Application Protocol V1.1b3, 6.1 and 6.3. */
const MOST_BITS = 2000;
const MOST_REGISTERS = 125;
/** So that a register block of an S7 fits one S7 job: 222 bytes; 160 through a CP. */
const TUNNEL_REGISTERS = 111;
const CP_TUNNEL_REGISTERS = 80;
/** A block in an S7's program is served once a cycle; beyond this there is a CP before it. */
const CP_LATENCY_MS = 60;

/** Clients that a server has room for, by what the families' manuals say: Modicon M218 programming guide, CODESYS help
 *  "ModbusTCP Server Device", S7-1200 system manual A5E02486680-AK (MB_SERVER). */
const CONNECTIONS: Readonly<Record<string, number>> = {
  "Modicon M218": 4,
  CODESYS: 16,
  "S7-1200": 1,
  "S7-1500": 1,
  "S7-300": 1,
};

export function modbusProfile(findings: Findings, port: number): ModbusProfile {
  const view = viewFacts(findings.facts);
  const { labels } = findings;
  // A Modicon answers for a unit that it has not as a gateway does.
  const isGateway =
    labels.nature === "gateway" ||
    (labels.vendor === undefined && view.text("modbus.deadUnits") !== undefined);
  const connectionBudget = CONNECTIONS[labels.family ?? labels.vendor ?? ""];
  const unit = view.number("modbus.unit") ?? 1;
  const what = [labels.vendor, labels.family ?? labels.model].filter((one) => one !== undefined).join(" ");
  return {
    mode: "modbus",
    port,
    why: isGateway
      ? "Modbus/TCP through a gateway: one request at a time, long timeouts"
      : `Modbus/TCP, unit ${unit}${what === "" ? "" : ` of ${what}`}`,
    ...(connectionBudget !== undefined && { connectionBudget }),
    connectTimeoutMs: 5000,
    // The slowest answer of a captured gateway took 5.1 s.
    requestTimeoutMs: isGateway ? 6000 : 2000,
    minGapMs: isGateway ? 20 : 0,
    jobsInFlight: 1,
    unit,
    wordOrder: "ABCD",
    addressBase: 0,
    maxRegisters: MOST_REGISTERS,
    maxBits: MOST_BITS,
  };
}

/** The same server beneath S7 addresses. */
export function tunnelProfile(findings: Findings, port: number): ModbusProfile {
  const view = viewFacts(findings.facts);
  const isThroughCp = (view.number("modbus.latencyMs") ?? 0) >= CP_LATENCY_MS;
  return {
    ...modbusProfile(findings, port),
    mode: "modbus-tunnel",
    why: "S7 addresses through the controller's Modbus server: its exceptions are those of an S7",
    connectionBudget: 1,
    // Served by the program, once a cycle.
    minGapMs: 5,
    maxRegisters: isThroughCp ? CP_TUNNEL_REGISTERS : TUNNEL_REGISTERS,
  };
}

/** What an S7's server answers to: functions it knows not with 01, addresses outside of its areas with 02
 *  (S7-1200 system manual A5E02486680-AK, STATUS 8381 to 8383, which MODBUSPN's pattern is taken from). */
const S7_EXCEPTIONS = ["43:01", "17:01", "3:01", "3:02"];

/** Whether the Modbus server may be the program block of an S7: no other vendor, and no exception that an S7 has not. */
export function looksLikeS7({ labels, facts }: Findings): boolean {
  const view = viewFacts(facts);
  if (!view.isTrue("modbus.speaks") || view.text("modbus.vendor") !== undefined) return false;
  if (labels.vendor !== undefined && labels.vendor !== "Siemens") return false;
  const exceptions = (view.text("modbus.exceptionPattern") ?? "").split(",");
  return (
    exceptions.includes("43:01") && exceptions.every((one) => S7_EXCEPTIONS.includes(one)) && hasNoUnits(view)
  );
}

/** Behind an S7 there are no units: it takes any. */
const hasNoUnits = (view: FactView): boolean =>
  view.text("modbus.deadUnits") === undefined && view.number("modbus.unit") === 1;
