import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FingerError } from "../finger-error.ts";
import { builtInSignatures, loadSignatures, parseSignatures } from "./load.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "signatures-"));
});

afterEach(async () => {
  await chmod(folder, 0o700);
  await rm(folder, { recursive: true });
});

const ENTRY = `
- id: own.press
  source: name plate, hall 3
  when: { modbus.serverId: { pattern: "^PRESS (\\\\d+)" } }
  supports: { vendor: Example, family: "Press $1" }
  weight: 0.9
`;

/** The message of the error that an entry gives rise to. */
function problem(text: string): string {
  try {
    parseSignatures("own.yaml", text);
  } catch (thrown) {
    if (thrown instanceof FingerError) return `${thrown.code} ${thrown.message}`;
    throw thrown;
  }
  return "none";
}

const withLine = (line: string) => ENTRY.replace(/ {2}weight: 0.9\n/, `  weight: 0.9\n  ${line}\n`);

describe("loading signatures", () => {
  it("adds the user's to those that are built in", async () => {
    await writeFile(join(folder, "own.yaml"), ENTRY);
    await writeFile(join(folder, "README.md"), "no signatures");
    const builtIn = await builtInSignatures();
    const { all } = await loadSignatures([folder]);
    expect(all.length).toBe(builtIn.all.length + 1);
    expect(all.at(-1)).toMatchObject({
      id: "own.press",
      supports: { vendor: "Example", family: "Press $1" },
    });
  });

  it("lets a later folder replace an entry by its id", async () => {
    const builtIn = await builtInSignatures();
    const id = builtIn.all[0]?.id ?? "";
    await writeFile(join(folder, "own.yml"), ENTRY.replace("own.press", id));
    const { all } = await loadSignatures([folder]);
    expect(all.length).toBe(builtIn.all.length);
    expect(all.find((one) => one.id === id)?.source).toBe("name plate, hall 3");
  });

  it("takes an empty file", async () => {
    await writeFile(join(folder, "own.yaml"), "# nothing yet\n");
    await expect(loadSignatures([folder])).resolves.toMatchObject({});
  });

  it("refuses two entries of one id in one folder", async () => {
    await writeFile(join(folder, "a.yaml"), ENTRY);
    await writeFile(join(folder, "b.yaml"), ENTRY);
    await expect(loadSignatures([folder])).rejects.toMatchObject({
      code: "SIGNATURE_INVALID",
      message: expect.stringContaining('"own.press": give each its own'),
    });
  });

  it("names a folder that is not there, and a file that is too large", async () => {
    await expect(loadSignatures([join(folder, "none")])).rejects.toMatchObject({
      code: "SIGNATURE_INVALID",
      message: expect.stringContaining("the folder cannot be read"),
    });
    await writeFile(join(folder, "huge.yaml"), `# ${"x".repeat(4_194_304)}`);
    await expect(loadSignatures([folder])).rejects.toThrow("larger than");
  });

  it("names what stands where a file should", async () => {
    await writeFile(join(folder, "a.yaml"), ENTRY);
    const nested = join(folder, "nested");
    await mkdtemp(`${nested}-`);
    const folderAsFile = await mkdtemp(join(folder, "x"));
    await rm(folderAsFile, { recursive: true });
    await expect(loadSignatures([join(folder, "a.yaml")])).rejects.toMatchObject({
      code: "SIGNATURE_INVALID",
    });
  });

  it.each([
    ["a file that is no YAML", "- id: [", "own.yaml: no YAML"],
    ["a file that is no list", "id: own", "own.yaml: must be a list of signatures"],
    ["a key that nobody knows", withLine("wieght: 1"), 'entry 1 ("own.press"): Unrecognized key'],
    ["no source", ENTRY.replace(/ {2}source.*\n/, ""), 'entry 1 ("own.press"), source:'],
    ["a pattern that is none", ENTRY.replace('"^PRESS (\\\\d+)"', '"(("'), "is no regular expression"],
    ["a pattern that may never end", ENTRY.replace('"^PRESS (\\\\d+)"', '"^(a+)+$"'), "repeats a group"],
    ["a weight beyond 1", ENTRY.replace("0.9", "9"), 'entry 1 ("own.press"), weight:'],
    ["a condition that is none", ENTRY.replace("{ pattern:", "{ like:"), "must be a value, { pattern }"],
    ["no limits", ENTRY.replace(/\{ pattern: .* \} \}/, "{ } }"), "must be a value, { pattern }"],
    [
      "absence alone",
      ENTRY.replace(/\{ pattern: .* \} \}/, "{ exists: false } }"),
      "needs a condition that some fact",
    ],
    [
      "a firmware that nobody read",
      ENTRY.replace('family: "Press $1"', "firmware: V1"),
      "is read from the device",
    ],
    [
      "a key of a fact that is none",
      ENTRY.replace("modbus.serverId", "server id"),
      'must be a key such as "s7.orderNumber"',
    ],
    ["an id with blanks", ENTRY.replace("own.press", "own press"), "must be small letters"],
  ])("names %s, where it stands and the mend", (_, text, expected) => {
    expect(problem(text)).toContain("SIGNATURE_INVALID");
    expect(problem(text)).toContain(expected);
  });
});
