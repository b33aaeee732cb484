import { describe, expect, it } from "vitest";
import { macInArpTable, macInNeighbours, neighbourFacts, readNeighbour } from "./neighbour.ts";

const TABLE = `IP address       HW type     Flags       HW address            Mask     Device
10.0.0.1         0x1         0x2         02:FC:00:00:00:05     *        eth0
10.0.0.5         0x1         0x0         00:00:00:00:00:00     *        eth0
10.0.0.50        0x1         0x2         00:1b:1b:12:34:56     *        eth0
`;

describe("the neighbour table", () => {
  it.each([
    ["10.0.0.1", "02:fc:00:00:00:05"],
    ["10.0.0.50", "00:1b:1b:12:34:56"],
    ["10.0.0.5", undefined],
    ["10.0.0", undefined],
    ["10.0.0.9", undefined],
  ])("has for %s the MAC %s", (address, mac) => {
    expect(macInArpTable(TABLE, address)).toBe(mac);
  });

  it("is read in iproute2's words too", () => {
    expect(macInNeighbours("fd00::5 dev eth0 lladdr 00:1B:1B:12:34:56 STALE \n")).toBe("00:1b:1b:12:34:56");
    expect(macInNeighbours("fd00::1 dev eth0 FAILED \n")).toBeUndefined();
    expect(macInNeighbours("")).toBeUndefined();
  });

  it("makes facts of a MAC and of its maker's part", () => {
    expect(neighbourFacts("00:1b:1b:12:34:56").map(({ key, value }) => [key, value])).toEqual([
      ["neighbour.mac", "00:1b:1b:12:34:56"],
      ["neighbour.oui", "00:1b:1b"],
    ]);
  });

  it("has nobody for this machine itself, nor for addresses that nobody has", async () => {
    const never = new AbortController().signal;
    expect(await readNeighbour("127.0.0.1", never)).toBeUndefined();
    // TEST-NET-3 and the documentation prefix (RFC 5737, RFC 3849).
    expect(await readNeighbour("203.0.113.7", never)).toBeUndefined();
    expect(await readNeighbour("2001:db8::7", never)).toBeUndefined();
  });

  it("ends with the caller's reason", async () => {
    const stop = new AbortController();
    stop.abort(new Error("enough"));
    await expect(readNeighbour("2001:db8::7", stop.signal)).rejects.toThrow("enough");
  });
});
