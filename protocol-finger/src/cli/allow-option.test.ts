import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allowListOf } from "./allow-option.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "finger-allow-"));
  file = join(folder, "plant.txt");
});
afterEach(() => rm(folder, { recursive: true }));

describe("the option --allow", () => {
  it("is the one host of the command line where it is not given", () => {
    expect(allowListOf(undefined, "10.0.0.5").entries).toEqual(["10.0.0.5"]);
  });

  it("takes entries, and files of them, beside each other", async () => {
    await writeFile(file, "10.0.0.5 # press\r\n\r\nplc7.plant.example\r\n");
    const { entries } = allowListOf([file, "10.1.0.0/24", "fe80::/10"]);
    expect(entries).toEqual(["10.0.0.5", "plc7.plant.example", "10.1.0.0/24", "fe80::/10"]);
  });

  it("names the line of a file that is wrong", async () => {
    await writeFile(file, "10.0.0.5\n10.0.0.0/40\n");
    expect(() => allowListOf([file])).toThrow(
      `${file}, line 2: allow-list: "10.0.0.0/40" is no address, network, range or name: write`,
    );
  });

  it("does not take a list without an entry: everything would be refused, and nobody would know why", async () => {
    await writeFile(file, "# nothing yet\n");
    expect(() => allowListOf([file])).toThrow(
      "names no device: write one address, network, range or name a line",
    );
  });

  it("refuses folders and files that are no text, and names what is not there", async () => {
    await writeFile(file, Buffer.from([0x31, 0x00, 0x32]));
    expect(() => allowListOf([file])).toThrow("cannot be read as an allow-list; name a text file");
    expect(() => allowListOf([folder])).toThrow("cannot be read as an allow-list; name a text file");
    expect(() => allowListOf(["plants.txt"])).toThrow(
      "there is no file plants.txt; check the path after --allow",
    );
  });
});
