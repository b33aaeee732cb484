import { expect, it } from "vitest";
import { parseArpTable, parseIpNeigh, readNeighbourTable } from "./neighbour-table.ts";

it("finds who has a MAC in the table of Linux, and leaves out who never answered", () => {
  const text = `IP address       HW type     Flags       HW address            Mask     Device
10.0.0.5         0x1         0x2         00:1B:1b:23:eb:3b     *        eth0
10.0.0.6         0x1         0x0         00:00:00:00:00:00     *        eth0
`;
  expect(parseArpTable(text)).toEqual([{ host: "10.0.0.5", mac: "00:1b:1b:23:eb:3b" }]);
});

it("finds IPv6 neighbours too", () => {
  const text = `10.0.0.5 dev eth0 lladdr 00:1b:1b:23:eb:3b REACHABLE
fe80::21b:1bff:fe23:eb3b dev eth0 lladdr 00:1b:1b:23:eb:3b router STALE
10.0.0.7 dev eth0 FAILED
`;
  expect(parseIpNeigh(text).map(({ host }) => host)).toEqual(["10.0.0.5", "fe80::21b:1bff:fe23:eb3b"]);
});

it("reads this machine's own tables, each host once, without a fault", async () => {
  const found = await readNeighbourTable(new AbortController().signal);
  expect(new Set(found.map(({ host }) => host)).size).toBe(found.length);
  await expect(readNeighbourTable(AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
});
