import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkConfig } from "../config.ts";
import { rulesFileOf } from "./rules-file.ts";

const AGENT = `version: 1
site: works
devices:
  - name: press
    protocol: modbus-tcp
    connection: { host: 127.0.0.1 }
    groups:
      - name: fast
        periodMs: 100
        tags:
          - { name: temp, asset: hall/line/cell/press, address: "hr:0,float32", unit: Cel }
`;
const rulesOf = (when: string) => `version: 1
rules:
  - name: hot
    for: { asset: hall/line/cell/press }
    when: ${when}
    severity: alarm
    message: hot
`;

/** As a ConfigMap is mounted: rules.yaml -> ..data/rules.yaml, ..data -> a folder that is another one each time. */
function mounted() {
  const folder = mkdtempSync(join(tmpdir(), "stethos-rules-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const put = (version: string, when: string) => {
    mkdirSync(join(folder, version));
    writeFileSync(join(folder, version, "rules.yaml"), rulesOf(when));
    symlinkSync(version, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  put("..1", "machine.temp > 80");
  symlinkSync("..data/rules.yaml", join(folder, "rules.yaml"));
  const defaults = { modelFolder: folder, modelKeys: [] };
  const text = `${AGENT}rules: { file: rules.yaml }\n`;
  const config = checkConfig(join(folder, "agent.yaml"), text, defaults);
  const file = rulesFileOf(config);
  if (file === undefined) throw new Error("the configuration names rules");
  return { folder, put, file, config };
}

describe("the file of rules of a configuration", () => {
  it("is another one when a ConfigMap turns its link, and holds other rules", async () => {
    const { put, file, config } = mounted();
    const before = await file.stamp();
    expect(await file.stamp()).toBe(before);
    expect(file.load().version).toBe(config.rules.version);
    put("..2", "machine.temp > 90");
    expect(await file.stamp()).not.toBe(before);
    expect(file.load().rules[0]?.when).toBe("machine.temp > 90");
  });

  it("is another one when an editor renames a new file over it, and when it is gone", async () => {
    const { folder, file } = mounted();
    const first = await file.stamp();
    writeFileSync(join(folder, "rules.yaml~"), rulesOf("machine.temp > 80"));
    renameSync(join(folder, "rules.yaml~"), join(folder, "rules.yaml"));
    const second = await file.stamp();
    rmSync(join(folder, "rules.yaml"));
    expect(new Set([first, second, await file.stamp()]).size).toBe(3);
    expect(() => file.load()).toThrow(/rules\.yaml:1:1: cannot be read \(ENOENT\)/);
  });

  it("is none where the configuration names none", () => {
    const { folder } = mounted();
    expect(
      rulesFileOf(checkConfig(join(folder, "agent.yaml"), AGENT, { modelFolder: folder, modelKeys: [] })),
    ).toBeUndefined();
  });
});
