import { describe, expect, it } from "vitest";
import { admit } from "./admit.ts";
import { parseAllowList } from "./allow-list.ts";
import { createManualClock } from "./clock/manual-clock.ts";

const never = new AbortController().signal;
const NAMES: Readonly<Record<string, readonly string[]>> = { plc7: ["10.0.0.5"], rogue: ["192.0.2.1"] };

function admitted(host: string, entries: readonly string[]): Promise<string> {
  const resolve = async (name: string) => {
    const found = NAMES[name];
    if (found === undefined) throw new Error("ENOTFOUND");
    return found;
  };
  return admit(host, { allow: parseAllowList(entries), clock: createManualClock(), resolve }, never);
}

describe("admission", () => {
  it("lets an address of the list pass", async () => {
    expect(await admitted("10.0.0.5", ["10.0.0.0/24"])).toBe("10.0.0.5");
  });

  it("resolves a name first and admits what it stands for", async () => {
    expect(await admitted("plc7", ["10.0.0.5"])).toBe("10.0.0.5");
    expect(await admitted("plc7", ["plc7"])).toBe("10.0.0.5");
    expect(await admitted("10.0.0.5", ["nowhere", "plc7"])).toBe("10.0.0.5");
  });

  it("refuses a name whose address is not allowed, and says both and the mend", async () => {
    await expect(admitted("rogue", ["10.0.0.0/24", "plc7", "nowhere"])).rejects.toMatchObject({
      code: "TARGET_NOT_ALLOWED",
      message: expect.stringMatching(/^rogue \(192\.0\.2\.1\) is not in the allow-list.*add "192\.0\.2\.1"/),
    });
  });

  it("refuses everything where the list is empty", async () => {
    await expect(admitted("10.0.0.5", [])).rejects.toMatchObject({ code: "TARGET_NOT_ALLOWED" });
  });

  it("says that a name has no address", async () => {
    await expect(admitted("nowhere", ["nowhere"])).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
  });

  it("gives up on a name server that never answers", async () => {
    const clock = createManualClock();
    const silent = () => new Promise<readonly string[]>(() => undefined);
    const waiting = admit("plc7", { allow: parseAllowList(["plc7"]), clock, resolve: silent }, never);
    const refused = expect(waiting).rejects.toMatchObject({ code: "PLC_UNREACHABLE" });
    await clock.advance(5000);
    await refused;
  });
});
