import { describe, expect, it } from "vitest";
import { expandHosts } from "./host-range.ts";

describe("the hosts of a scan", () => {
  it.each([
    { entries: ["10.0.0.0/30"], hosts: ["10.0.0.1", "10.0.0.2"] },
    { entries: ["10.0.0.7/30"], hosts: ["10.0.0.5", "10.0.0.6"] },
    { entries: ["10.0.0.4/31"], hosts: ["10.0.0.4", "10.0.0.5"] },
    { entries: ["10.0.0.4/32"], hosts: ["10.0.0.4"] },
    { entries: ["10.0.0.254-10.0.1.1"], hosts: ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"] },
    { entries: [" 10.0.0.9 ", "10.0.0.8-10.0.0.9"], hosts: ["10.0.0.9", "10.0.0.8"] },
    { entries: ["plc-7.plant.example", "fe80::1"], hosts: ["plc-7.plant.example", "fe80::1"] },
    { entries: ["200.0.0.1"], hosts: ["200.0.0.1"] },
  ])("of $entries are $hosts", ({ entries, hosts }) => {
    expect(expandHosts(entries)).toEqual(hosts);
  });

  it("of a network leave out its own address and the broadcast address", () => {
    const hosts = expandHosts(["192.168.1.0/24"]);
    expect(hosts).toHaveLength(254);
    expect([hosts[0], hosts.at(-1)]).toEqual(["192.168.1.1", "192.168.1.254"]);
  });

  it.each([
    { entry: "10.0.0.0/33", what: /from 16 to 32/ },
    { entry: "10.0.0.0/x", what: /from 16 to 32/ },
    { entry: "10.0.0.9-10.0.0.5", what: /"10.0.0.5-10.0.0.9"/ },
    { entry: "10.0.0.9-12", what: /range/ },
    { entry: "fe80::/64", what: /one by one/ },
    { entry: "10.0.0.0/8", what: /more than 65536 hosts/ },
    { entry: "10.0.0.0-10.1.0.0", what: /more than 65536 hosts/ },
  ])("are refused, with the mend, for $entry", ({ entry, what }) => {
    expect(() => expandHosts([entry])).toThrow(what);
  });

  it("have a bound all together", () => {
    expect(() => expandHosts(["10.0.0.0/16", "10.1.0.1"])).not.toThrow();
    expect(() => expandHosts(["10.0.0.0/16", "10.1.0.0/16"])).toThrow(/more than 65536/);
  });
});
