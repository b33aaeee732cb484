import type { Diagnosis, DiagnosisCode } from "./diagnosis/diagnosis.ts";
import { type FactView, viewFacts } from "./fact-view.ts";
import type { Findings } from "./findings.ts";
import { DRIVEN, type ProtocolId } from "./fingerprint.ts";
import { PRETENDERS } from "./profile.ts";
import type { DeviceProfile } from "./profile-types.ts";
import { s7ReadRefusal } from "./s7-refusals.ts";

/** Why the device cannot be read, or not in every way, as far as the examination tells: the gravest first, nothing
 *  where all is well.
 *  @param worked the profile that read the device before */
export function diagnose(findings: Findings, worked?: DeviceProfile): readonly Diagnosis[] {
  const pretender = diagnosePretender(findings);
  if (pretender !== undefined) return [pretender];
  const view = viewFacts(findings.facts);
  return [
    ...diagnosePorts(findings, view),
    ...diagnoseS7(findings, view, worked),
    ...diagnoseModbus(findings, view),
    ...diagnoseOpcua(view),
    ...diagnoseIdentity(findings, view),
  ];
}

function diagnosePretender({ labels, facts }: Findings): Diagnosis | undefined {
  const what = PRETENDERS[labels.nature ?? "unknown"];
  if (what === undefined) return undefined;
  const shown = facts.filter(({ key }) => /^tcp\.[a-z0-9-]+\.behaviour$/.test(key));
  return {
    code: "NOT_A_CONTROLLER",
    observed: [`it is ${what}`, ...shown.map(({ observed }) => observed)].join("; "),
  };
}

function diagnosePorts({ protocols }: Findings, view: FactView): readonly Diagnosis[] {
  if (!protocols.every(({ state }) => state === "closed" || state === "filtered")) return [];
  const isThere = protocols.some(({ state }) => state === "closed");
  return [{ code: isThere ? "PORT_CLOSED" : "HOST_SILENT", observed: portsText(protocols, view) }];
}

/** Of a few ports all that was seen, of many their numbers. */
function portsText(protocols: Findings["protocols"], view: FactView): string {
  if (protocols.length <= SPELT_PORTS) {
    const seen = protocols.map(({ id }) => view.observed(`tcp.${id}.state`)).filter((words) => words !== "");
    return seen.length > 0 ? seen.join("; ") : "nothing was heard of the device";
  }
  const portsThat = (wanted: "closed" | "filtered") =>
    protocols.flatMap(({ port, state }) => (state === wanted ? [port] : [])).join(", ");
  const said = [
    ["closed", portsThat("closed")],
    ["no answer", portsThat("filtered")],
  ] as const;
  return said.flatMap(([what, ports]) => (ports === "" ? [] : [`${what}: ports ${ports}`])).join("; ");
}

const SPELT_PORTS = 2;

function diagnoseS7(
  findings: Findings,
  view: FactView,
  worked: DeviceProfile | undefined,
): readonly Diagnosis[] {
  const tsap = view.number("s7.tsap");
  if (tsap === undefined) return isState(findings, "s7", "open") ? [s7Stranger(view, worked)] : [];
  const refusal = s7ReadRefusal(findings.facts);
  return [
    ...(tsap >> 8 === PROGRAMMER ? [onlyProgrammer(view)] : []),
    ...(view.number("s7.pduSize") === undefined ? [noSetup(view)] : []),
    ...(refusal === undefined ? protectedAs(view) : [refusal]),
  ];
}

const PROGRAMMER = 0x01;

const onlyProgrammer = (view: FactView): Diagnosis => ({
  code: "S7_NO_FREE_CONNECTION",
  observed: `${view.observed("s7.tsap")}, the programmer's, and at no other`,
});

/** TCP opens and no ISO connection comes of it. */
function s7Stranger(view: FactView, worked: DeviceProfile | undefined): Diagnosis {
  if (view.text("s7.firstBytes") !== undefined) {
    return { code: "MALFORMED_ANSWER", observed: view.observed("s7.firstBytes") };
  }
  const hasWorked = worked?.mode === "s7-native" || worked?.mode === "s7-compat";
  const seen = ["cotp.refusal", "s7.refusedTsaps"].map(view.observed).filter((words) => words !== "");
  return {
    code: hasWorked ? "S7_NO_FREE_CONNECTION" : "S7_TSAP_REFUSED",
    observed: seen.length > 0 ? seen.join("; ") : view.observed("tcp.s7.behaviour"),
  };
}

function noSetup(view: FactView): Diagnosis {
  const protocol = view.text("s7.protocol") ?? "s7comm";
  if (protocol !== "s7comm") return { code: "NO_DRIVER", observed: view.observed("s7.protocol") };
  return { code: "S7_NO_SETUP_REPLY", observed: view.observed("s7.setup") };
}

// 1 free, 2 no writing, 3 neither reading nor writing (Siemens, System Software for S7-300/400, SSL-ID W#16#0132).
const NO_READING = 3;

const protectedAs = (view: FactView): readonly Diagnosis[] =>
  (view.number("s7.protectionLevel") ?? 0) >= NO_READING
    ? [{ code: "S7_PROTECTED", observed: view.observed("s7.protectionLevel") }]
    : [];

/** TCP opens and no Modbus answer comes of it: of a full table of connections the next one is closed again. */
function modbusStranger(view: FactView): Diagnosis {
  if (view.text("modbus.firstBytes") !== undefined) {
    return { code: "MALFORMED_ANSWER", observed: view.observed("modbus.firstBytes") };
  }
  const isTurnedAway = ["hangs-up", "resets"].includes(view.text("tcp.modbus.behaviour") ?? "");
  return {
    code: isTurnedAway ? "MODBUS_BUSY" : "MODBUS_UNIT_SILENT",
    observed: view.observed("tcp.modbus.behaviour"),
  };
}

function diagnoseModbus(findings: Findings, view: FactView): readonly Diagnosis[] {
  if (isState(findings, "modbus", "open")) return [modbusStranger(view)];
  const exceptions = (view.text("modbus.exceptionPattern") ?? "").split(",");
  const observed = view.observed("modbus.exceptionPattern");
  const found: Diagnosis[] = EXCEPTIONS.filter(([pattern]) =>
    exceptions.some((one) => pattern.test(one)),
  ).map(([, code]) => ({ code, observed }));
  if (view.isTrue("modbus.speaks") && view.number("modbus.unit") === undefined) {
    found.unshift({ code: "MODBUS_GATEWAY_TARGET", observed: view.observed("modbus.deadUnits") });
  }
  if (view.number("modbus.lateAnswers") !== undefined) {
    found.push({ code: "MODBUS_LATE_REPLY", observed: view.observed("modbus.lateAnswers") });
  }
  return found;
}

/** What an exception to the one register that was asked for means (V1.1b3, section 7). */
const EXCEPTIONS: readonly (readonly [RegExp, DiagnosisCode])[] = [
  [/:0[56]$/, "MODBUS_BUSY"],
  [/^3:01$/, "MODBUS_FUNCTION_REFUSED"],
  [/^3:02$/, "MODBUS_ADDRESS_REFUSED"],
];

const OPCUA_ERRORS: readonly (readonly [RegExp, DiagnosisCode])[] = [
  [/EndpointUrlInvalid/, "OPCUA_ENDPOINT_HOST"],
  [/Certificate|SecurityChecks|IdentityToken|UserAccess/, "OPCUA_UNTRUSTED"],
  [/TooMany|MaxConnections/, "OPCUA_LIMIT"],
];

function diagnoseOpcua(view: FactView): readonly Diagnosis[] {
  const error = view.text("opcua.error");
  const code = error && OPCUA_ERRORS.find(([pattern]) => pattern.test(error))?.[1];
  return code ? [{ code, observed: view.observed("opcua.error") }] : [];
}

function diagnoseIdentity({ labels, protocols }: Findings, view: FactView): readonly Diagnosis[] {
  const spoken = protocols.filter(({ state }) => state === "speaks").map(({ id }) => id);
  if (spoken.length === 0) return [];
  const names = spoken.join(", ");
  const found: Diagnosis[] = [];
  const isDriven = spoken.some((id) => DRIVEN.includes(id)) || view.number("s7.tsap") !== undefined;
  if (!isDriven) found.push({ code: "NO_DRIVER", observed: `it speaks ${names}` });
  if (labels.vendor === undefined && labels.model === undefined) {
    found.push({ code: "UNKNOWN_DEVICE", observed: `it speaks ${names}, and nothing tells who made it` });
  }
  return found;
}

const isState = ({ protocols }: Findings, id: ProtocolId, state: string): boolean =>
  protocols.some((one) => one.id === id && one.state === state);
