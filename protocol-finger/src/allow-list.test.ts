import { describe, expect, it } from "vitest";
import { parseAllowList } from "./allow-list.ts";

describe("the allow-list", () => {
  it.each([
    ["10.0.0.5", "10.0.0.5", true],
    ["10.0.0.5", "10.0.0.6", false],
    ["10.0.0.0/29", "10.0.0.7", true],
    ["10.0.0.0/29", "10.0.0.8", false],
    ["10.0.0.5-10.0.0.9", "10.0.0.9", true],
    ["10.0.0.5-10.0.0.9", "10.0.0.10", false],
    ["fd00::/64", "fd00::17", true],
    ["fd00::/64", "fd01::17", false],
    ["fd00::5", "fd00:0:0:0:0:0:0:5", true],
    ["plc7.plant.example", "10.0.0.5", false],
  ])("%s has %s: %s", (entry, address, expected) => {
    expect(parseAllowList([entry]).hasAddress(address)).toBe(expected);
  });

  it("skips blank lines and remarks, and keeps names apart", () => {
    const list = parseAllowList(["# line 3", "", " 10.0.0.5  # press", "PLC7", "press-1.plant.example"]);
    expect(list.entries).toEqual(["10.0.0.5", "PLC7", "press-1.plant.example"]);
    expect(list.names).toEqual(["plc7", "press-1.plant.example"]);
  });

  it.each([
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/0x8",
    "10.0.0.9-10.0.0.5",
    "10.0.0.5-10.0.0.9-1",
    "10.0.0.300",
    "a b",
    "10.0.0.5-fd00::1",
  ])("names the entry %s that is none, and how to write one", (entry) => {
    expect(() => parseAllowList([entry])).toThrow(
      expect.objectContaining({ code: "OPTION_INVALID", message: expect.stringContaining(`"${entry}"`) }),
    );
  });
});
