import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkConfig } from "../../config.ts";
import { examine, type Patient } from "./examine.ts";
import { aMachine } from "./fake-machine.ts";
import { bytesText } from "./figures.ts";
import { type Finding, type FindingCode, finding, LEVELS } from "./finding.ts";
import { certificatesOf } from "./places.ts";
import { findingDto, renderFindings } from "./render.ts";

const never = new AbortController().signal;
const codeOf = ({ code }: Finding): string => code;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "stethos-doctor-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("stethos doctor", () => {
  const ASSET = "hall/line/cell/pump";
  const config = (more: object = {}) =>
    checkConfig(
      join(folder, "agent.yaml"),
      JSON.stringify({
        version: 1,
        site: "site",
        data: folder,
        devices: [
          {
            name: "plc1",
            protocol: "opcua",
            connection: { endpoint: "opc.tcp://plc:4840", certificateFolder: "pki" },
            groups: [
              {
                name: "g",
                periodMs: 1000,
                tags: [{ name: "t", asset: ASSET, address: "ns=2;s=t", unit: "Cel" }],
              },
            ],
          },
        ],
        ...more,
      }),
      { modelFolder: folder, modelKeys: [] },
    );
  const patient = (more: Partial<Patient> = {}): Patient => ({
    config: config(),
    refusal: "",
    agent: {
      address: "http://127.0.0.1:8642",
      version: async () => "0.1.0",
      outbox: async () => ({ bytes: 1, rows: 0, dropped: [], sinks: [] }),
    },
    probeOf: () => undefined,
    ...more,
  });

  it("finds nothing wrong where nothing is", async () => {
    const findings = await examine(aMachine(), patient(), never);
    expect(findings.map(codeOf)).toEqual([
      "config-good",
      "node-good",
      "cpu-good",
      "clock-synchronised",
      "memory-good",
      "disk-good",
      "agent-runs",
      "outbox-good",
      "sink-none",
      "device-good",
      "model-good",
    ]);
  });

  it("looks at the files where no agent answers", async () => {
    const version = async () => {
      throw new Error("does not answer");
    };
    const findings = await examine(aMachine(), patient({ agent: { ...patient().agent, version } }), never);
    expect(findings.map(codeOf)).toEqual(expect.arrayContaining(["agent-silent", "store-new"]));
    expect(findings.filter(({ code }) => code === "store-new")).toHaveLength(2);
  });

  it("says so where the agent does not tell of its outbox", async () => {
    const outbox = async () => {
      throw new Error("refuses (404)");
    };
    const findings = await examine(aMachine(), patient({ agent: { ...patient().agent, outbox } }), never);
    expect(findings.map(codeOf)).toContain("outbox-untold");
  });

  it("looks at the computer even where the configuration is refused", async () => {
    const findings = await examine(aMachine(), patient({ config: undefined, refusal: "line 3" }), never);
    expect(findings.map(codeOf)).toEqual(["config-bad", "node-good", "clock-synchronised", "memory-good"]);
  });

  it("knows every certificate that the configuration names", () => {
    const found = certificatesOf(config(), (store) => [`${store}/own.pem`, `${store}/own.pem.mutex`]);
    expect(found).toEqual([join(folder, "pki/own/certs/own.pem")]);
    expect(certificatesOf(config())).toEqual([]);
  });

  it("fits one screen, in either language, with advice for all that is not well", () => {
    const all = Object.keys(LEVELS).map((code) => finding("disk", code as FindingCode));
    for (const language of ["en", "zh"] as const)
      for (const one of all) {
        const { level, what, advice } = findingDto(one, language);
        expect([one.code, what.length > 0, advice !== undefined]).toEqual([one.code, true, level !== "ok"]);
      }
    const text = renderFindings([finding("node", "node-old", { version: "22.0.0", needed: 24 })], "en");
    expect(text).toBe(
      "FAIL  node         Node.js 22.0.0 is too old\n                   -> install Node.js 24 or newer\n",
    );
  });

  it("names the same facts in both languages", () => {
    const named = (text = "") => [...text.matchAll(/\?/g)].length;
    for (const code of Object.keys(LEVELS)) {
      const one = finding("disk", code as FindingCode);
      const { what: en } = findingDto(one, "en");
      const { what: zh } = findingDto(one, "zh");
      expect([code, named(zh)]).toEqual([code, named(en)]);
    }
  });

  it("writes bytes as people do", () => {
    expect([0, 1023, 1024, 3.25 * 2 ** 30].map(bytesText)).toEqual(["0 B", "1023 B", "1.0 KiB", "3.3 GiB"]);
  });
});
