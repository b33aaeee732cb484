import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DIAGNOSIS_CODES, type DiagnosisCode } from "./diagnosis.ts";
import { diagnosisText } from "./texts.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The failure table of the field guide to PLCs: what is seen, and the diagnosis that it must have. */
const FAILURES: Readonly<Record<string, readonly DiagnosisCode[]>> = {
  "TCP reset on 102": ["PORT_CLOSED"],
  "TCP timeout": ["HOST_SILENT"],
  "end or silence after the connection request": ["S7_TSAP_REFUSED", "S7_NO_FREE_CONNECTION"],
  "confirmation, and no answer to the greeting": ["S7_NO_SETUP_REPLY"],
  "8104 on the first read": ["S7_PUT_GET_OFF"],
  "item 0A": ["S7_BLOCK_MISSING"],
  "item 05": ["S7_BEYOND_BLOCK"],
  "8500": ["S7_OVER_PDU"],
  "D0A1 or D241": ["S7_PROTECTED"],
  "jobs interrupted under load": ["S7_OVERLOADED"],
  "Modbus 01 on everything": ["MODBUS_FUNCTION_REFUSED"],
  "Modbus 02 on everything": ["MODBUS_ADDRESS_REFUSED"],
  "Modbus 0A or 0B": ["MODBUS_GATEWAY_TARGET"],
  "Modbus 06": ["MODBUS_BUSY"],
  "silence on unit 255 or 0 only": ["MODBUS_UNIT_SILENT"],
  "denormal floats": ["MODBUS_WORD_ORDER"],
  "late reply with an old transaction": ["MODBUS_LATE_REPLY"],
  BadTcpEndpointUrlInvalid: ["OPCUA_ENDPOINT_HOST"],
  BadSecurityChecksFailed: ["OPCUA_UNTRUSTED"],
  "BadTooManyOperations, BadTooManySessions": ["OPCUA_LIMIT"],
  "BadNoSubscription, or silence": ["OPCUA_SUBSCRIPTION_LOST"],
};

describe("the texts of diagnoses", () => {
  it.each(DIAGNOSIS_CODES)("tell the cause of %s and what to do, in English and in Chinese", (code) => {
    const english = diagnosisText(code, "en");
    const chinese = diagnosisText(code, "zh");
    for (const text of [english.cause, english.advice]) {
      expect(text).toMatch(/^[A-Z].*\.$/s);
      expect(text).not.toMatch(/\p{Script=Han}/u);
    }
    for (const text of [chinese.cause, chinese.advice]) {
      expect(text).toMatch(/\p{Script=Han}.*。$/su);
    }
    // Settings and numbers must not get lost in translation.
    const marks = (text: string) =>
      [...text.matchAll(/\b(?:auto:\/\/|[a-z]+[A-Z]\w+|\d{3,})/g)].map(([mark]) => mark).toSorted();
    expect(marks(chinese.cause)).toEqual(marks(english.cause));
    expect(marks(chinese.advice)).toEqual(marks(english.advice));
  });

  it.each(DIAGNOSIS_CODES)("stand in the README: %s", (code) => {
    const { cause, advice } = diagnosisText(code, "en");
    expect(readme).toContain(`| ${code} | ${cause} | ${advice} |`);
  });

  it("leave no failure of the field guide without a diagnosis", () => {
    const known = new Set<string>(DIAGNOSIS_CODES);
    for (const [seen, codes] of Object.entries(FAILURES)) {
      expect(codes.length, seen).toBeGreaterThan(0);
      for (const code of codes) expect(known.has(code), seen).toBe(true);
    }
    const told = new Set(Object.values(FAILURES).flat());
    const general = DIAGNOSIS_CODES.filter((code) => !told.has(code));
    expect(general).toEqual([
      "LINK_LOST",
      "MALFORMED_ANSWER",
      "NOT_A_CONTROLLER",
      "DEVICE_CHANGED",
      "NO_DRIVER",
      "UNKNOWN_DEVICE",
    ]);
  });

  it("name the very checkbox for PUT/GET, and that the hardware must be downloaded", () => {
    const { advice } = diagnosisText("S7_PUT_GET_OFF", "en");
    expect(advice).toContain('"Permit access with PUT/GET communication from remote partner"');
    expect(advice).toContain("Hardware configuration");
    expect(diagnosisText("S7_PUT_GET_OFF", "zh").advice).toContain("允许来自远程对象的 PUT/GET 通信访问");
  });
});
